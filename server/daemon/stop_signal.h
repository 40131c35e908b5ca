// SIGTERM, SIGINT and SIGHUP as something to wait for.

#ifndef GREETER_DAEMON_STOP_SIGNAL_H_
#define GREETER_DAEMON_STOP_SIGNAL_H_

#include <csignal>
#include <functional>
#include <string>

namespace greeter::daemon {

// Constructed before the first thread, so that all inherit the mask and only Wait() takes the
// signals; what may block for long, as reading a config file from a pipe, comes before. SIGPIPE and
// SIGXFSZ are ignored: writing to a closed socket, or beyond a file's limit, is an error like
// others.
class StopSignal {
 public:
  StopSignal();

  // Returns the name of the signal to stop that came; for every SIGHUP meanwhile it calls
  // `reload`. From then on another signal to stop ends the process at once, and a SIGHUP is
  // ignored.
  std::string Wait(const std::function<void()>& reload);

 private:
  sigset_t signals_;
};

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_STOP_SIGNAL_H_
