#include "daemon/audit_log.h"

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "daemon/logging.h"

namespace greeter::daemon {
namespace {

// A Config of 64 listeners may be wrong in as many places.
constexpr size_t kMaxReasonBytes = 1000;

std::string Bounded(const std::string& reason) {
  if (reason.size() <= kMaxReasonBytes) return reason;
  size_t end = kMaxReasonBytes;
  // Not in the middle of a character.
  while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat(reason.substr(0, end), "…");
}

}  // namespace

void AuditLog::operator()(const control::Decision& decision) const {
  const bool passed = decision.outcome == absl::StatusCode::kOk;
  // One that failed when it was recorded already is in force all the same.
  const bool accepted = passed || decision.after != decision.before;
  const char* message = accepted ? "change accepted" : "change refused";
  if (decision.validate_only) message = passed ? "dry run passed" : "dry run refused";
  std::vector<LogField> fields = {{"action", decision.action},
                                  {"author", decision.author},
                                  {"peer", decision.peer},
                                  {"old_revision", decision.before},
                                  {"new_revision", decision.after},
                                  {"outcome", absl::StatusCodeToString(decision.outcome)},
                                  {"validate_only", decision.validate_only},
                                  {"comment", decision.comment}};
  if (!passed) fields.push_back({"reason", Bounded(decision.reason)});
  const bool alarming = !passed && !decision.validate_only;
  LogRecord(*records_, alarming ? spdlog::level::warn : spdlog::level::info, message, fields);
}

void AuditLog::operator()(const admin::Denial& denial) const {
  LogRecord(*records_, spdlog::level::warn, "call denied",
            {{"method", denial.method},
             {"author", denial.author},
             {"peer", denial.peer},
             {"outcome", absl::StatusCodeToString(denial.outcome)}});
}

}  // namespace greeter::daemon
