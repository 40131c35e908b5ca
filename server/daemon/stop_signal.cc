#include "daemon/stop_signal.h"

namespace greeter::daemon {

StopSignal::StopSignal() {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

std::string StopSignal::Wait(const std::function<void()>& reload) {
  int number = 0;
  while (sigwait(&signals_, &number) != 0 || number == SIGHUP) reload();
  signal(SIGHUP, SIG_IGN);
  signal(SIGTERM, SIG_DFL);
  signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  return number == SIGINT ? "SIGINT" : "SIGTERM";
}

}  // namespace greeter::daemon
