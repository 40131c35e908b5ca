#include "admin/connection_census.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "absl/time/clock.h"

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

ConnectionCensus::Socket ConnectionCensus::Identify(int descriptor) {
  return {descriptor, CookieOf(descriptor)};
}

bool ConnectionCensus::IsOpen(const Socket& socket) {
  return socket.cookie != 0 && CookieOf(socket.descriptor) == socket.cookie;
}

void ConnectionCensus::Look() {
  std::erase_if(entries_,
                [](const Entry& entry) { return !IsOpen(entry.client) && !IsOpen(entry.served); });
  std::vector<pollfd> clients;
  clients.reserve(entries_.size());
  for (const Entry& entry : entries_) clients.push_back({entry.client.descriptor, POLLRDHUP, 0});
  poll(clients.data(), clients.size(), 0);
  const absl::Time now = absl::Now();
  for (size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    const bool has_left = clients[i].revents != 0 || !IsOpen(entry.client);
    if (has_left && !entry.left.has_value()) entry.left = now;
  }
}

template <typename Predicate>
size_t ConnectionCensus::Count(Predicate counts) const {
  return static_cast<size_t>(std::count_if(entries_.begin(), entries_.end(), counts));
}

bool ConnectionCensus::Full() {
  const std::lock_guard lock(mutex_);
  if (entries_.size() < most_) return false;
  Look();
  return entries_.size() >= most_;
}

bool ConnectionCensus::AnyLeaving(absl::Time now) const {
  const std::lock_guard lock(mutex_);
  return Count([now](const Entry& entry) {
           return entry.left.has_value() && now < *entry.left + kLeaving;
         }) > 0;
}

bool ConnectionCensus::FullFor(int socket) {
  if (most_per_peer_ == 0) return false;
  const std::lock_guard lock(mutex_);
  const auto is_its = [peer = PeerOf(socket)](const Entry& entry) { return entry.peer == peer; };
  if (Count(is_its) < most_per_peer_) return false;
  Look();
  const auto stays = [&](const Entry& entry) { return is_its(entry) && !entry.left.has_value(); };
  return Count(stays) >= most_per_peer_ || Count(is_its) >= 2 * most_per_peer_;
}

void ConnectionCensus::Add(int socket) {
  const Socket client = Identify(socket);
  const std::lock_guard lock(mutex_);
  entries_.push_back({client, client, PeerOf(socket)});
}

void ConnectionCensus::AddServed(int client, int served) {
  const Socket wanted = Identify(client);
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    if (entry.client.cookie == wanted.cookie) entry.served = Identify(served);
  }
}

}  // namespace greeter::admin
