#include "daemon/audit_log.h"

#include "absl/status/status.h"
#include "daemon/logging.h"

namespace greeter::daemon {

void AuditLog::operator()(const control::Decision& decision) const {
  const bool accepted = decision.outcome == absl::StatusCode::kOk;
  LogRecord(*records_, accepted ? spdlog::level::info : spdlog::level::warn,
            accepted ? "change accepted" : "change refused",
            {{"action", decision.action},
             {"author", decision.author},
             {"peer", decision.peer},
             {"old_revision", decision.before},
             {"new_revision", decision.after},
             {"outcome", absl::StatusCodeToString(decision.outcome)},
             {"validate_only", decision.validate_only},
             {"comment", decision.comment}});
}

}  // namespace greeter::daemon
