// A text in lines of a given width.

#ifndef GREETER_BASE_WRAP_H_
#define GREETER_BASE_WRAP_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace greeter::base {

// Breaks `text` at blanks into lines of at most `width` bytes; a longer word has a line for itself.
// Any thread.
std::string Wrap(absl::string_view text, size_t width);

}  // namespace greeter::base

#endif  // GREETER_BASE_WRAP_H_
