// A row of numbers as a line of bars.

#ifndef GREETER_ADMIN_CLI_TERMINAL_SPARKLINE_H_
#define GREETER_ADMIN_CLI_TERMINAL_SPARKLINE_H_

#include <cstddef>
#include <deque>
#include <string>

namespace greeter::admin_cli {

// A character for each of the last `width` values, the highest of which is a full bar; without
// `utf8`, of ASCII. Any thread.
std::string Sparkline(const std::deque<double>& values, size_t width, bool utf8);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_TERMINAL_SPARKLINE_H_
