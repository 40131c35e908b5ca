// A program's manual page, from the same declarations as its --help.

#ifndef GREETER_COMMAND_LINE_MANUAL_PAGE_H_
#define GREETER_COMMAND_LINE_MANUAL_PAGE_H_

#include <string>

namespace CLI {
class App;
}

namespace greeter::command_line {

struct Manual {
  // 1: a command for everyone; 8: for administrators.
  int section = 1;
  // What the program does, in a few words without a full stop.
  std::string summary;
  // Of the page: "2026-11-25".
  std::string date;
  // Other pages: "greeterd(8)".
  std::string see_also;
};

// The page in roff (man macros): options, the commands with theirs, and the footers, whose headings
// (see help_formatter.h) become sections where they are the program's own. Any thread.
std::string ManualPage(const CLI::App& app, const Manual& manual);

}  // namespace greeter::command_line

#endif  // GREETER_COMMAND_LINE_MANUAL_PAGE_H_
