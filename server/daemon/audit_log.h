// One log record for every change that was asked for, accepted or refused: who, from where, what,
// and the revisions before and after. Never what a greeting says.

#ifndef GREETER_DAEMON_AUDIT_LOG_H_
#define GREETER_DAEMON_AUDIT_LOG_H_

#include <spdlog/logger.h>

#include <memory>
#include <utility>

#include "control/controller.h"

namespace greeter::daemon {

// For control::Controller::Options.audit. Any thread.
class AuditLog {
 public:
  // `records` is of MakeRecordLogger().
  explicit AuditLog(std::shared_ptr<spdlog::logger> records) : records_(std::move(records)) {}

  // At level info if accepted, warning if refused.
  void operator()(const control::Decision& decision) const;

 private:
  std::shared_ptr<spdlog::logger> records_;
};

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_AUDIT_LOG_H_
