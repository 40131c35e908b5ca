// How much room a text takes on a terminal.

#ifndef GREETER_ADMIN_CLI_TERMINAL_TEXT_WIDTH_H_
#define GREETER_ADMIN_CLI_TERMINAL_TEXT_WIDTH_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace greeter::admin_cli {

// Columns of UTF-8 without control characters: two for the characters of East Asia and most emoji,
// none for combining ones. Colours (see look.h) take none. Any thread.
size_t WidthOf(absl::string_view text);

// The same of the widest of its lines. Any thread.
size_t WidestOf(absl::string_view lines);

// The beginning of `text` that takes at most `columns`, its colours ended. Any thread.
std::string CutTo(absl::string_view text, size_t columns);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_TERMINAL_TEXT_WIDTH_H_
