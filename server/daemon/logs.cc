#include "daemon/logs.h"

#include <spdlog/spdlog.h>

#include "daemon/logging.h"

namespace greeter::daemon {

absl::StatusOr<Logs> StartLogs(const Options& options) {
  const auto output = StartLogOutput(options.log_format);
  if (!output.ok()) return output.status();
  Logs logs = {MakeLogger(*output, options.log_format, options.log_level),
               MakeAuditLog(*output, options.log_format)};
  spdlog::set_default_logger(logs.logger);
  return logs;
}

}  // namespace greeter::daemon
