// What the values of several options must be. Each gives what is wrong with a value, or nothing.
// Any thread.

#ifndef GREETER_DAEMON_OPTION_CHECKS_H_
#define GREETER_DAEMON_OPTION_CHECKS_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "net/address.h"

namespace greeter::daemon {

inline std::string CheckAddress(const std::string& text) {
  const absl::StatusOr<net::Address> address = net::Address::Parse(text);
  return address.ok() ? "" : std::string(address.status().message());
}

// `remedy` outlives the check.
inline auto NotEmpty(const char* remedy) {
  return [remedy](const std::string& text) -> std::string {
    return text.empty() ? absl::StrCat("is empty; ", remedy) : "";
  };
}

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_OPTION_CHECKS_H_
