// Logs what becomes of listeners, from one snapshot to the next.

#ifndef GREETER_DAEMON_LISTENER_LOG_H_
#define GREETER_DAEMON_LISTENER_LOG_H_

#include <spdlog/logger.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "control/controller.h"

namespace greeter::daemon {

// An observer for control::Controller::Observe(), called on the controller thread. Of the first
// snapshot it logs failures alone: what serves then is announced on stdout.
class ListenerLog {
 public:
  explicit ListenerLog(std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {}

  void operator()(const control::Snapshot& snapshot);

 private:
  std::shared_ptr<spdlog::logger> logger_;
  // By name: what was logged last.
  std::map<std::string, std::string> logged_;
  bool first_ = true;
};

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_LISTENER_LOG_H_
