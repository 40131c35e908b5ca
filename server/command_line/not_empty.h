// A check of an option's value. Any thread.

#ifndef GREETER_COMMAND_LINE_NOT_EMPTY_H_
#define GREETER_COMMAND_LINE_NOT_EMPTY_H_

#include <string>

#include "absl/strings/str_cat.h"

namespace greeter::command_line {

// Gives what is wrong with a value, or nothing. `remedy` outlives the check.
inline auto NotEmpty(const char* remedy) {
  return [remedy](const std::string& text) -> std::string {
    return text.empty() ? absl::StrCat("is empty; ", remedy) : "";
  };
}

}  // namespace greeter::command_line

#endif  // GREETER_COMMAND_LINE_NOT_EMPTY_H_
