// Descriptors 0 to 2, which programs expect to be open.

#ifndef GREETER_DAEMON_STANDARD_STREAMS_H_
#define GREETER_DAEMON_STANDARD_STREAMS_H_

namespace greeter::daemon {

// Opens /dev/null in place of those that are closed, so that no file or socket gets their numbers,
// and with them what is printed. First thing in main().
void OpenStandardStreams();

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_STANDARD_STREAMS_H_
