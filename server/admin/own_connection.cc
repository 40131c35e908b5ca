#include "admin/own_connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace greeter::admin {
namespace {

using AskName = int (*)(int, sockaddr*, socklen_t*);

std::optional<net::Address> Ask(AskName ask, int socket) {
  sockaddr_storage name = {};
  socklen_t length = sizeof(name);
  if (ask(socket, reinterpret_cast<sockaddr*>(&name), &length) != 0) return std::nullopt;
  return net::Address::FromSockaddr(reinterpret_cast<const sockaddr*>(&name), length);
}

bool Same(const net::Address& a, const net::Address& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

int OwnConnection::Connect(int socket, const net::Address& address) {
  // Who asks for the other end waits until it is known.
  const std::lock_guard lock(mutex_);
  if (address.is_unix()) {
    // A name of its own (unix(7), autobind). TCP gives one by itself, and shares ports then.
    sockaddr_storage any = {};
    any.ss_family = AF_UNIX;
    if (bind(socket, reinterpret_cast<const sockaddr*>(&any), sizeof(sa_family_t)) != 0) {
      return errno;
    }
  }
  const int error = connect(socket, address.data(), address.size()) == 0 ? 0 : errno;
  known_by_ = Ask(getsockname, socket);
  return error;
}

void OwnConnection::Forget() {
  const std::lock_guard lock(mutex_);
  known_by_.reset();
}

bool OwnConnection::IsOtherEnd(int accepted) {
  const std::optional<net::Address> peer = Ask(getpeername, accepted);
  const std::optional<net::Address> here = Ask(getsockname, accepted);
  const std::lock_guard lock(mutex_);
  if (!peer.has_value() || !here.has_value() || !known_by_.has_value()) return false;
  // Who connects to an address of its own machine does so from that address.
  const bool is_it = peer->is_unix()
                         ? Same(*peer, *known_by_)
                         : peer->port() == known_by_->port() && peer->host() == here->host();
  if (is_it) known_by_.reset();
  return is_it;
}

}  // namespace greeter::admin
