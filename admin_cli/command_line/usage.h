// What is said of a command line that can't be understood, or asks for help. For command_line.cc
// alone. Each takes the program's App after it has parsed.

#ifndef GREETER_ADMIN_CLI_COMMAND_LINE_USAGE_H_
#define GREETER_ADMIN_CLI_COMMAND_LINE_USAGE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace CLI {
class App;
}

namespace greeter::admin_cli {

// The help of the innermost command on the line.
std::string HelpOf(const CLI::App& program);

// One line: `what` is wrong with that command, and where its help is.
std::string UsageError(const CLI::App& program, absl::string_view what);

// What is wrong with an option's value, of which CLI11 says `reason`: it is missing, one too many,
// or there may be none.
std::string MismatchIn(absl::string_view reason);

// What is wrong with a value, of which CLI11 says `reason`: it names the variable, if the value is
// not from `arguments`.
std::string RefusedIn(const CLI::App& program, absl::string_view reason,
                      const std::vector<std::string>& arguments);

// What is missing: a command, or else what `reason` says.
std::string MissingIn(const CLI::App& program, absl::string_view reason);

// What is wrong with the first argument that nothing wanted, and which one may be meant.
std::string UnexpectedIn(const CLI::App& program);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_COMMAND_LINE_USAGE_H_
