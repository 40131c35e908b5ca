// The layout of --help, for both programs: an option with its argument, then what it does and its
// default, wrapped; neither checks nor exclusions.

#ifndef GREETER_BASE_HELP_FORMATTER_H_
#define GREETER_BASE_HELP_FORMATTER_H_

#include <cstddef>

namespace CLI {
class App;
}

namespace greeter::base {

// Gives `app`, and the commands that it is given from now on, this layout. `column` is where the
// descriptions begin. Any thread.
void UseReadableHelp(CLI::App& app, size_t column);

}  // namespace greeter::base

#endif  // GREETER_BASE_HELP_FORMATTER_H_
