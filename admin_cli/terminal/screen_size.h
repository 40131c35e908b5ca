// How large a terminal is.

#ifndef GREETER_ADMIN_CLI_TERMINAL_SCREEN_SIZE_H_
#define GREETER_ADMIN_CLI_TERMINAL_SCREEN_SIZE_H_

#include <cstddef>

namespace greeter::admin_cli {

struct ScreenSize {
  size_t columns = 80;
  size_t rows = 24;
};

// Of the terminal that the descriptor `fd` is, as it is now; the usual size of what is none. Any
// thread.
ScreenSize SizeOf(int fd);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_TERMINAL_SCREEN_SIZE_H_
