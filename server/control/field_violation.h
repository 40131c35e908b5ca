// Values that can't be right, each named by the path of its field: how every validation in the
// control plane reports, and how it travels to clients.

#ifndef GREETER_CONTROL_FIELD_VIOLATION_H_
#define GREETER_CONTROL_FIELD_VIOLATION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace greeter::control {

struct FieldViolation {
  // Path from the request's root: "config.listeners[2].greeting.text".
  std::string field;
  // What is wrong, which value it was, and what would be right.
  std::string description;
};

// INVALID_ARGUMENT whose message lists the violations and whose payload is a google.rpc.BadRequest
// under the type URL kBadRequestTypeUrl. Both hold as many violations as fit gRPC's trailing
// metadata (about 1,200 bytes of text) and the number of those left out. `violations` must not be
// empty. Any thread.
absl::Status InvalidArgument(const std::vector<FieldViolation>& violations);

inline constexpr char kBadRequestTypeUrl[] = "type.googleapis.com/google.rpc.BadRequest";

// `value` as messages show it: in quotes, escaped, and cut after 64 bytes. Any thread.
std::string Quoted(absl::string_view value);

}  // namespace greeter::control

#endif  // GREETER_CONTROL_FIELD_VIOLATION_H_
