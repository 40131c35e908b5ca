// greeterd's log: one record a line on stderr, for people or for machines.

#ifndef GREETER_DAEMON_LOGGING_H_
#define GREETER_DAEMON_LOGGING_H_

#include <spdlog/logger.h>

#include <memory>
#include <string>

#include "daemon/options.h"

namespace greeter::daemon {

// A logger that any thread may use. Text: "2026-01-31T12:00:00.000Z info  message"; JSON: an object
// with time (RFC 3339, UTC), level and message. `level` is one of Options::log_level's.
std::shared_ptr<spdlog::logger> MakeLogger(LogFormat format, const std::string& level);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_LOGGING_H_
