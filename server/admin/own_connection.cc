#include "admin/own_connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "net/errors.h"

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

absl::Status OwnConnection::Announce(int socket, int family) {
  // Any port, and whichever address leads there; a unix socket gets a name of its own (unix(7),
  // autobind).
  sockaddr_storage any = {};
  any.ss_family = static_cast<sa_family_t>(family);
  const socklen_t length = family == AF_INET    ? sizeof(sockaddr_in)
                           : family == AF_INET6 ? sizeof(sockaddr_in6)
                                                : sizeof(sa_family_t);
  if (bind(socket, reinterpret_cast<const sockaddr*>(&any), length) != 0) {
    return net::SystemError("bind", errno);
  }
  std::optional<net::Address> name = Ask(getsockname, socket);
  const std::lock_guard lock(mutex_);
  announced_ = std::move(name);
  return absl::OkStatus();
}

bool OwnConnection::IsOtherEnd(int accepted) const {
  const std::optional<net::Address> peer = Ask(getpeername, accepted);
  const std::optional<net::Address> here = Ask(getsockname, accepted);
  const std::lock_guard lock(mutex_);
  if (!peer.has_value() || !here.has_value() || !announced_.has_value()) return false;
  if (peer->is_unix()) return Same(*peer, *announced_);
  // Who connects to an address of its own machine does so from that address.
  return peer->port() == announced_->port() && peer->host() == here->host();
}

}  // namespace greeter::admin
