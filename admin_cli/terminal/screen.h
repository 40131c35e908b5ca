// A terminal taken over as top does it: its alternate screen, without cursor and echo, drawn anew
// without flicker, and given back as it was.

#ifndef GREETER_ADMIN_CLI_TERMINAL_SCREEN_H_
#define GREETER_ADMIN_CLI_TERMINAL_SCREEN_H_

#include <termios.h>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "admin_cli/terminal/screen_size.h"

namespace greeter::admin_cli {

// Owned by one thread.
class Screen {
 public:
  // `out` is the terminal that `out_fd` is; keys are read from `keys_fd`, if that is a terminal.
  Screen(std::ostream& out, int out_fd, int keys_fd);
  // Gives the terminal back.
  ~Screen();

  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // Where keys come from; -1: there are none.
  int keys_fd() const { return saved_ ? keys_fd_ : -1; }
  // As it is now.
  ScreenSize size() const { return SizeOf(out_fd_); }
  // Shows these lines, as far as they fit; false once the terminal is gone.
  bool Draw(const std::vector<std::string>& lines);
  // Gives the terminal back until the process, stopped like by Ctrl-Z, goes on.
  void Suspend();

 private:
  void Enter();
  void Leave();

  // Constant after construction.
  std::ostream& out_;
  const int out_fd_;
  const int keys_fd_;
  // How the terminal was; empty without keys.
  std::optional<termios> saved_;
};

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_TERMINAL_SCREEN_H_
