// Where to connect: a name with its addresses, an IP address, or a unix socket.

#ifndef GREETER_PROBE_TARGET_H_
#define GREETER_PROBE_TARGET_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "net/address.h"

namespace greeter::probe {

// A value; any thread.
struct Target {
  // As it was given, for messages.
  std::string text;
  // Tried in this order until one is connected. At least one.
  std::vector<net::Address> addresses;
};

// What a target's text says, before any name is looked up.
struct TargetName {
  std::string text;
  // Empty: `target` is complete.
  std::string host;
  std::string port;
  Target target;
};

// "host:port", "[v6]:port", ":port" (127.0.0.1) or "unix:/path". INVALID_ARGUMENT names the text
// and what would be right.
absl::StatusOr<TargetName> ParseTargetName(absl::string_view text);

// The same where no name is to be looked up, so that no resolver is measured: the host is an IP
// address or "localhost" (127.0.0.1).
absl::StatusOr<Target> ParseTarget(absl::string_view text);

// Looks the name up, in the order that the system gives (getaddrinfo(3)). NOT_FOUND with the
// resolver's reason, and if it doesn't answer within `timeout`. CANCELLED if `stop` says so, which
// is asked now and then. Blocks; any thread.
absl::StatusOr<Target> Resolve(const TargetName& name, absl::Duration timeout,
                               const std::function<bool()>& stop);

}  // namespace greeter::probe

#endif  // GREETER_PROBE_TARGET_H_
