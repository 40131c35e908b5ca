// The layout of --help, for both programs, on 80 columns: an option with its argument, then what it
// does and its default; neither checks nor exclusions.
//
// A footer's lines are paragraphs, and are wrapped; those that begin with two spaces are shown as
// they are. A line that ends with a colon before such lines is a heading.

#ifndef GREETER_COMMAND_LINE_HELP_FORMATTER_H_
#define GREETER_COMMAND_LINE_HELP_FORMATTER_H_

#include <cstddef>

namespace CLI {
class App;
}

namespace greeter::command_line {

// Gives `app`, and the commands that it is given from now on, this layout. `column` is where the
// descriptions begin. Any thread.
void UseReadableHelp(CLI::App& app, size_t column);

// Whether the line that `app` has parsed, or could not parse, asks for help: who looks for what is
// right may have something wrong on it, or in the environment. Any thread.
bool AsksForHelp(const CLI::App& app);

}  // namespace greeter::command_line

#endif  // GREETER_COMMAND_LINE_HELP_FORMATTER_H_
