// Where to connect: an IPv4 or IPv6 address with a port, or a unix socket.

#ifndef GREETER_LOAD_TARGET_H_
#define GREETER_LOAD_TARGET_H_

#include <sys/socket.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace greeter::load {

// A value; any thread.
struct Target {
  sockaddr_storage address = {};
  socklen_t length = 0;
  // As it was given, for messages.
  std::string text;

  int family() const { return address.ss_family; }
};

// "host:port", "[v6]:port", ":port" (127.0.0.1) or "unix:/path". The host is an IP address or
// "localhost" (127.0.0.1): names are not looked up, so that no resolver is measured.
// INVALID_ARGUMENT names the text and what would be right.
absl::StatusOr<Target> ParseTarget(absl::string_view text);

}  // namespace greeter::load

#endif  // GREETER_LOAD_TARGET_H_
