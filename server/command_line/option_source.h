// Where the value of an option is from.

#ifndef GREETER_COMMAND_LINE_OPTION_SOURCE_H_
#define GREETER_COMMAND_LINE_OPTION_SOURCE_H_

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace greeter::command_line {

// `error`, which begins with the name of one of `app`'s options and ":"; in place of the name with
// that of the option's environment variable, if none of `arguments` gives the option: whoever set
// the variable has not typed it. Any thread.
std::string NameSource(const CLI::App& app, std::string error,
                       const std::vector<std::string>& arguments);

}  // namespace greeter::command_line

#endif  // GREETER_COMMAND_LINE_OPTION_SOURCE_H_
