#include "admin/connection_census.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace greeter::admin {
namespace {

// 0, which is no socket's, if it is closed or no socket.
uint64_t CookieOf(int descriptor) {
  uint64_t cookie = 0;
  socklen_t length = sizeof(cookie);
  return getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, &cookie, &length) == 0 ? cookie : 0;
}

// 0 for unix sockets.
uint64_t PeerOf(int socket) {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_storage storage;
  } address = {};
  socklen_t length = sizeof(address);
  if (getpeername(socket, &address.any, &length) != 0) return 0;
  if (address.any.sa_family == AF_INET) return ntohl(address.v4.sin_addr.s_addr);
  if (address.any.sa_family != AF_INET6) return 0;
  const unsigned char* const bytes = address.v6.sin6_addr.s6_addr;
  uint64_t peer = 0;
  // An IPv4 client of a socket for both is the end of its IPv6 address.
  if (IN6_IS_ADDR_V4MAPPED(&address.v6.sin6_addr)) {
    uint32_t v4 = 0;
    std::memcpy(&v4, bytes + 12, sizeof(v4));
    return ntohl(v4);
  }
  std::memcpy(&peer, bytes, sizeof(peer));
  return peer;
}

}  // namespace

void ConnectionCensus::ForgetClosed() {
  std::erase_if(entries_,
                [](const Entry& entry) { return CookieOf(entry.socket) != entry.cookie; });
}

bool ConnectionCensus::Full() {
  if (entries_.size() < most_) return false;
  ForgetClosed();
  return entries_.size() >= most_;
}

bool ConnectionCensus::AnyLeft() const {
  std::vector<pollfd> sockets;
  sockets.reserve(entries_.size());
  for (const Entry& entry : entries_) sockets.push_back({entry.socket, POLLRDHUP, 0});
  return poll(sockets.data(), sockets.size(), 0) > 0;
}

bool ConnectionCensus::FullFor(int socket) {
  if (most_per_peer_ == 0) return false;
  const uint64_t peer = PeerOf(socket);
  const auto full = [this, peer] {
    const auto open = std::count_if(entries_.begin(), entries_.end(),
                                    [peer](const Entry& entry) { return entry.peer == peer; });
    return static_cast<size_t>(open) >= most_per_peer_;
  };
  if (!full()) return false;
  ForgetClosed();
  return full();
}

void ConnectionCensus::Add(int socket) {
  entries_.push_back({socket, CookieOf(socket), PeerOf(socket)});
}

}  // namespace greeter::admin
