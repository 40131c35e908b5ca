// What the other end of standard output or error can show: whether it is a terminal, colours, and
// characters beyond ASCII.

#ifndef GREETER_ADMIN_CLI_TERMINAL_LOOK_H_
#define GREETER_ADMIN_CLI_TERMINAL_LOOK_H_

#include <string>

#include "absl/strings/string_view.h"

namespace greeter::admin_cli {

enum class Hue { kPlain, kBold, kDim, kGreen, kRed, kYellow };

struct Look {
  bool is_terminal = false;
  // A terminal that can take back what it shows.
  bool draws = false;
  bool colour = false;
  // The user reads UTF-8.
  bool utf8 = false;

  // `text` in `hue`, where there are colours; it must hold no colours itself.
  std::string Paint(Hue hue, absl::string_view text) const;
};

// Of the descriptor `fd`, in this environment: nothing is drawn, in colours or at all, where TERM
// is dumb or not set; there are no colours where NO_COLOR is set to anything (see no-color.org),
// and nothing but ASCII where the locale is none of UTF-8. Any thread.
Look LookOf(int fd);

// A unified diff or list of changes with its "+" lines green and its "-" lines red, where there are
// colours.
std::string PaintChanges(const Look& look, absl::string_view text);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_TERMINAL_LOOK_H_
