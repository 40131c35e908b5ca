// Numbers and times as people read them. Any thread.

#ifndef GREETER_ADMIN_CLI_TERMINAL_READABLE_H_
#define GREETER_ADMIN_CLI_TERMINAL_READABLE_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace greeter::admin_cli {

// "1,234,567".
std::string WithCommas(uint64_t number);

// "1,234" of 1234.4 a second, "12.3" below a hundred, "<0.1", "0".
std::string PerSecond(double rate);

// "2026-11-23 01:06:28 UTC".
std::string Utc(absl::Time time);

// "3d 4h", "2h 5m", "1m 10s": the two largest units.
std::string Age(absl::Duration age);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_TERMINAL_READABLE_H_
