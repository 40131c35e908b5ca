// What is wrong with a command line of greeterd. For options.cc alone.

#ifndef GREETER_DAEMON_OPTION_ERRORS_H_
#define GREETER_DAEMON_OPTION_ERRORS_H_

#include <string>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace greeter::daemon {

// `error` in our words, where CLI11's need a reader who knows it. `arguments` are those that `app`
// could not parse.
std::string ExplainError(const CLI::App& app, const CLI::ParseError& error,
                         const std::vector<std::string>& arguments);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_OPTION_ERRORS_H_
