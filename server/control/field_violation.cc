#include "control/field_violation.h"

#include <cstddef>

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"

namespace greeter::control {
namespace {

// gRPC drops a call's whole status if its trailing metadata exceed 8 KiB. The text travels in them
// three times: percent-encoded, and twice in base64.
constexpr size_t kMaxTextBytes = 1200;
constexpr size_t kMaxQuotedBytes = 64;

}  // namespace

absl::Status InvalidArgument(const std::vector<FieldViolation>& violations) {
  std::string message;
  google::rpc::BadRequest details;
  for (const FieldViolation& violation : violations) {
    const std::string text = absl::StrCat(violation.field, ": ", violation.description);
    if (!message.empty() && message.size() + text.size() > kMaxTextBytes) break;
    absl::StrAppend(&message, message.empty() ? "" : "; ", text);
    google::rpc::BadRequest::FieldViolation* sent = details.add_field_violations();
    sent->set_field(violation.field);
    sent->set_description(violation.description);
  }
  const size_t left_out = violations.size() - static_cast<size_t>(details.field_violations_size());
  if (left_out > 0) absl::StrAppend(&message, "; and ", left_out, " more");
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kBadRequestTypeUrl, absl::Cord(details.SerializeAsString()));
  return status;
}

std::string Quoted(absl::string_view value) {
  if (value.size() <= kMaxQuotedBytes) return absl::StrCat("\"", absl::CHexEscape(value), "\"");
  return absl::StrCat("\"", absl::CHexEscape(value.substr(0, kMaxQuotedBytes)), "…\" (",
                      value.size(), " bytes)");
}

}  // namespace greeter::control
