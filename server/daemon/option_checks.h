// What the values of several options must be. Any thread.

#ifndef GREETER_DAEMON_OPTION_CHECKS_H_
#define GREETER_DAEMON_OPTION_CHECKS_H_

#include <string>

#include "net/address.h"

namespace greeter::daemon {

// Gives what is wrong with a value, or nothing.
inline std::string CheckAddress(const std::string& text) {
  const absl::StatusOr<net::Address> address = net::Address::Parse(text);
  return address.ok() ? "" : std::string(address.status().message());
}

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_OPTION_CHECKS_H_
