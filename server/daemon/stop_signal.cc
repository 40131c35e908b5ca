#include "daemon/stop_signal.h"

namespace greeter::daemon {

StopSignal::StopSignal() {
  signal(SIGPIPE, SIG_IGN);
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

std::string StopSignal::Wait() {
  int number = 0;
  sigwait(&signals_, &number);
  signal(SIGTERM, SIG_DFL);
  signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  return number == SIGINT ? "SIGINT" : "SIGTERM";
}

}  // namespace greeter::daemon
