#include "admin_cli/terminal/screen_size.h"

#include <sys/ioctl.h>

namespace greeter::admin_cli {

ScreenSize SizeOf(int fd) {
  winsize size = {};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

}  // namespace greeter::admin_cli
