#include "daemon/audit_log.h"

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "control/validation.h"
#include "daemon/logging.h"

namespace greeter::daemon {
namespace {

// What is refused may be of any size: a comment or a listener's name of megabytes, a Config that is
// wrong in 64 places. What is accepted is shorter.
constexpr size_t kMaxTextBytes = 1024;
static_assert(kMaxTextBytes >= control::kMaxCommentBytes);

std::string Bounded(const std::string& text) {
  if (text.size() <= kMaxTextBytes) return text;
  size_t end = kMaxTextBytes;
  // Not in the middle of a character.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat(text.substr(0, end), "…");
}

}  // namespace

void AuditLog::operator()(const control::Decision& decision) const {
  const bool passed = decision.outcome == absl::StatusCode::kOk;
  // One that failed when it was recorded already is in force all the same.
  const bool accepted = passed || decision.after != decision.before;
  const char* message = accepted ? "change accepted" : "change refused";
  if (decision.validate_only) message = passed ? "dry run passed" : "dry run refused";
  std::vector<LogField> fields = {{"action", Bounded(decision.action)},
                                  {"author", Bounded(decision.author)},
                                  {"peer", Bounded(decision.peer)},
                                  {"old_revision", decision.before},
                                  {"new_revision", decision.after},
                                  {"outcome", absl::StatusCodeToString(decision.outcome)},
                                  {"validate_only", decision.validate_only},
                                  {"comment", Bounded(decision.comment)}};
  if (!passed) fields.push_back({"reason", Bounded(decision.reason)});
  const bool alarming = !passed && !decision.validate_only;
  LogRecord(*changes_, alarming ? spdlog::level::warn : spdlog::level::info, message, fields);
}

void AuditLog::operator()(const admin::Denial& denial) const {
  LogRecord(*denials_, spdlog::level::warn, "call denied",
            {{"method", Bounded(denial.method)},
             {"author", Bounded(denial.author)},
             {"peer", Bounded(denial.peer)},
             {"outcome", absl::StatusCodeToString(denial.outcome)},
             {"reason", Bounded(denial.reason)}});
}

void AuditLog::operator()(const admin::RefusedHandshake& refused) const {
  LogRecord(*denials_, spdlog::level::warn, "TLS handshake refused",
            {{"peer", refused.peer}, {"reason", refused.reason}, {"others", refused.others}});
}

AuditLog MakeAuditLog(const std::shared_ptr<LogOutput>& output, LogFormat format) {
  return {MakeRecordLogger(output, format, LogOutput::Kind::kAudit),
          MakeRecordLogger(output, format, LogOutput::Kind::kOrdinary)};
}

}  // namespace greeter::daemon
