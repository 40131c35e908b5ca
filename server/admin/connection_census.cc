#include "admin/connection_census.h"

#include <sys/socket.h>

namespace greeter::admin {
namespace {

// 0, which is no socket's, if it is closed or no socket.
uint64_t CookieOf(int descriptor) {
  uint64_t cookie = 0;
  socklen_t length = sizeof(cookie);
  return getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, &cookie, &length) == 0 ? cookie : 0;
}

}  // namespace

bool ConnectionCensus::Full() {
  if (entries_.size() < most_) return false;
  std::erase_if(entries_,
                [](const Entry& entry) { return CookieOf(entry.socket) != entry.cookie; });
  return entries_.size() >= most_;
}

void ConnectionCensus::Add(int socket) { entries_.push_back({socket, CookieOf(socket)}); }

}  // namespace greeter::admin
