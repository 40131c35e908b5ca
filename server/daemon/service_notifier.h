// Tells systemd how the service is (sd_notify(3), Type=notify). Without systemd, nobody is told.

#ifndef GREETER_DAEMON_SERVICE_NOTIFIER_H_
#define GREETER_DAEMON_SERVICE_NOTIFIER_H_

#include <mutex>
#include <string>

#include "absl/time/time.h"
#include "admin/self_check.h"
#include "control/controller.h"

namespace greeter::daemon {

// One line for people: the revision and every listener, those that failed first; at most 8 of them
// by name.
std::string ServiceStatus(const control::Snapshot& snapshot);

// Any thread.
class ServiceNotifier {
 public:
  // Tells ServiceStatus() of every snapshot; before the controller's Start(). Where the unit has
  // WatchdogSec=, `check` is made to run often enough for it, and to feed the watchdog whenever the
  // admin port has answered.
  ServiceNotifier(control::Controller& controller, admin::SelfCheck::Options& check);

  // Started, or reloaded: what can be bound serves, and operators get through. A listener that has
  // failed does not keep the service from being ready, for greeterd goes on trying and can be
  // asked; the status says so.
  void Ready();
  void Reloading();
  // Ready() and Reloading() say nothing from here on. The stop may take `most`, and systemd's own
  // patience (TimeoutStopSec=) begins after it.
  void Stopping(absl::Duration most);

 private:
  // Guarded by mutex_, which keeps what is said in order, too.
  std::mutex mutex_;
  bool stopping_ = false;
};

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_SERVICE_NOTIFIER_H_
