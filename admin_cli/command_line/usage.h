// What is said of a command line that can't be understood, or asks for help. For command_line.cc
// alone. Each takes the program's App after it has parsed.

#ifndef GREETER_ADMIN_CLI_COMMAND_LINE_USAGE_H_
#define GREETER_ADMIN_CLI_COMMAND_LINE_USAGE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace greeter::admin_cli {

// The help of the innermost command on the line.
std::string HelpOf(const CLI::App& program);

// One line: `what` is wrong with that command, and where its help is.
std::string UsageError(const CLI::App& program, absl::string_view what);

// What is wrong with the command line: of what CLI11 says, in words of ours. It names the variable
// where a value that is refused is not from `arguments`.
std::string WhatIsWrong(const CLI::App& program, const CLI::ParseError& error,
                        const std::vector<std::string>& arguments);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_COMMAND_LINE_USAGE_H_
