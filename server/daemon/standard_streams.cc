#include "daemon/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <initializer_list>
#include <iostream>

namespace greeter::daemon {

// One that is closed on exec has not come through one: a library found its number free before
// main() (gRPC 1.51 leaves an eventfd at 0).
void OpenStandardStreams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const int flags = fcntl(stream, F_GETFD);
    if (flags != -1 && (flags & FD_CLOEXEC) == 0) continue;
    const int null = open("/dev/null", O_RDWR);
    if (null == stream || null == -1) continue;
    dup2(null, stream);
    close(null);
  }
}

int PrintLastWords(const std::string& text, int exit_code) {
  (exit_code == 0 ? std::cout : std::cerr) << text;
  if (std::cout.flush()) return exit_code;
  std::cerr << "greeterd: can't write to standard output; is its disk full?\n";
  return EXIT_FAILURE;
}

}  // namespace greeter::daemon
