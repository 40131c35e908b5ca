// SIGTERM and SIGINT as something to wait for.

#ifndef GREETER_DAEMON_STOP_SIGNAL_H_
#define GREETER_DAEMON_STOP_SIGNAL_H_

#include <csignal>
#include <string>

namespace greeter::daemon {

// Constructed first thing in main(), so that every thread inherits the mask and only Wait() takes
// the signals. SIGPIPE is ignored: writing to a closed socket is an error like others.
class StopSignal {
 public:
  StopSignal();

  // Returns the name of the signal that came. From then on another one ends the process at once.
  std::string Wait();

 private:
  sigset_t signals_;
};

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_STOP_SIGNAL_H_
