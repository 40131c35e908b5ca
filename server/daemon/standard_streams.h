// Descriptors 0 to 2, which programs expect to be open, and to take what is printed.

#ifndef GREETER_DAEMON_STANDARD_STREAMS_H_
#define GREETER_DAEMON_STANDARD_STREAMS_H_

#include <string>

namespace greeter::daemon {

// Opens /dev/null in place of those that are closed, so that no file or socket gets their numbers,
// and with them what is printed. First thing in main().
void OpenStandardStreams();

// Prints what the program has to say instead of running: to standard output if `exit_code` is 0,
// else to standard error. The exit code; 1 where standard output does not take it.
int PrintLastWords(const std::string& text, int exit_code);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_STANDARD_STREAMS_H_
