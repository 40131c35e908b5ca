// One log record for every change that was asked for, accepted or refused: who, from where, what,
// the revisions before and after, and the reason of a refusal. Never what a greeting says, but for
// the name of a variable that is none. What was only tried (validate_only) is a "dry run" there,
// for it tells who has looked for what would pass, and never an accepted change. And one for every
// call that was refused for who made it, and for clients that TLS refuses. Long texts are cut, and
// denied calls and handshakes, of which a stranger can make any number, are dropped like ordinary
// records when the log has no room: so nobody drives the records of changes out.

#ifndef GREETER_DAEMON_AUDIT_LOG_H_
#define GREETER_DAEMON_AUDIT_LOG_H_

#include <spdlog/logger.h>

#include <memory>
#include <utility>

#include "admin/access.h"
#include "admin/refused_handshakes.h"
#include "control/controller.h"
#include "daemon/log_output.h"
#include "daemon/options.h"

namespace greeter::daemon {

// For control::Controller::Options.audit, admin::Access::Options.audit and
// admin::RefusedHandshakes::Options.audit. Any thread.
class AuditLog {
 public:
  // Both are of MakeRecordLogger().
  AuditLog(std::shared_ptr<spdlog::logger> changes, std::shared_ptr<spdlog::logger> denials)
      : changes_(std::move(changes)), denials_(std::move(denials)) {}

  // At level info if accepted, or if it was a dry run; warning if refused, or recorded but not in
  // effect.
  void operator()(const control::Decision& decision) const;
  // At level warning.
  void operator()(const admin::Denial& denial) const;
  void operator()(const admin::RefusedHandshake& refused) const;

 private:
  std::shared_ptr<spdlog::logger> changes_;
  std::shared_ptr<spdlog::logger> denials_;
};

// One that writes to `output`.
AuditLog MakeAuditLog(const std::shared_ptr<LogOutput>& output, LogFormat format);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_AUDIT_LOG_H_
