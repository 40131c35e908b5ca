// greeterd's logs, on stderr: of what happens, and the audit of who did it.

#ifndef GREETER_DAEMON_LOGS_H_
#define GREETER_DAEMON_LOGS_H_

#include <spdlog/logger.h>

#include <memory>

#include "absl/status/statusor.h"
#include "daemon/audit_log.h"
#include "daemon/options.h"

namespace greeter::daemon {

// Both write to one LogOutput, which they own.
struct Logs {
  std::shared_ptr<spdlog::logger> logger;
  AuditLog audit;
};

// As `options` say. `logger` is spdlog's default from then on. Errors as StartLogOutput(). Once, at
// start.
absl::StatusOr<Logs> StartLogs(const Options& options);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_LOGS_H_
