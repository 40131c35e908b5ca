// One log record for every change that was asked for, accepted or refused: who, from where, what,
// the revisions before and after, and the reason of a refusal. Never what a greeting says, but for
// the name of a variable that is none. What was only tried (validate_only) is a "dry run" there,
// for it tells who has looked for what would pass, and never an accepted change. And one for every
// call that was refused for who made it. Long texts are cut: nobody's record fills the log's queue
// and drives the others out.

#ifndef GREETER_DAEMON_AUDIT_LOG_H_
#define GREETER_DAEMON_AUDIT_LOG_H_

#include <spdlog/logger.h>

#include <memory>
#include <utility>

#include "admin/access.h"
#include "control/controller.h"

namespace greeter::daemon {

// For control::Controller::Options.audit and admin::Access::Options.audit. Any thread.
class AuditLog {
 public:
  // `records` is of MakeRecordLogger().
  explicit AuditLog(std::shared_ptr<spdlog::logger> records) : records_(std::move(records)) {}

  // At level info if accepted, or if it was a dry run; warning if refused, or recorded but not in
  // effect.
  void operator()(const control::Decision& decision) const;
  // At level warning.
  void operator()(const admin::Denial& denial) const;

 private:
  std::shared_ptr<spdlog::logger> records_;
};

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_AUDIT_LOG_H_
