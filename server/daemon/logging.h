// greeterd's log: one record a line, for people or for machines.

#ifndef GREETER_DAEMON_LOGGING_H_
#define GREETER_DAEMON_LOGGING_H_

#include <spdlog/logger.h>

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daemon/log_output.h"
#include "daemon/options.h"

namespace greeter::daemon {

// Where loggers write: stderr. What is dropped because nobody reads it is said in a record with the
// fields "dropped" and "dropped_audit_records". FAILED_PRECONDITION if there are no descriptors
// left.
absl::StatusOr<std::shared_ptr<LogOutput>> StartLogOutput(LogFormat format);

// A logger that any thread may use. Text: "2026-01-31T12:00:00.000Z info  message"; JSON: an object
// with time (RFC 3339, UTC), level and message. `level` is one of Options::log_level's.
std::shared_ptr<spdlog::logger> MakeLogger(std::shared_ptr<LogOutput> output, LogFormat format,
                                           const std::string& level);

// A logger for LogRecord() alone, of the audit; no level silences it. `kind` says which of its
// records are dropped first if there is no room. Any thread.
std::shared_ptr<spdlog::logger> MakeRecordLogger(std::shared_ptr<LogOutput> output,
                                                 LogFormat format, LogOutput::Kind kind);

// `text` as a JSON string (RFC 8259, section 7). Any thread.
std::string InQuotes(absl::string_view text);

struct LogField {
  // A word of a-z and "_".
  const char* name;
  std::variant<std::string, uint64_t, bool> value;
};

// A record with fields. Text: the message, then name=value, in quotes where a value needs them;
// JSON: members beside time, level and message. Any thread.
void LogRecord(spdlog::logger& records, spdlog::level::level_enum level, const char* message,
               const std::vector<LogField>& fields);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_LOGGING_H_
