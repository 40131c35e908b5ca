#include "daemon/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <initializer_list>

namespace greeter::daemon {

// open(2) gives the lowest number that is free: in ascending order, the one that is missing.
void OpenStandardStreams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) == -1) open("/dev/null", O_RDWR);
  }
}

}  // namespace greeter::daemon
