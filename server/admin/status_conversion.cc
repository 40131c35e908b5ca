#include "admin/status_conversion.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "control/field_violation.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace greeter::admin {
namespace {

constexpr size_t kMaxFieldBytes = 256;
constexpr size_t kMaxDescriptionBytes = 768;
// A detail's type URL and framing.
constexpr size_t kReservedBytes = 128;

// `text`, or its beginning, cut between characters and ending in "…".
std::string Shortened(absl::string_view text, size_t limit) {
  constexpr absl::string_view kEllipsis = "…";
  if (text.size() <= limit) return std::string(text);
  size_t end = limit - kEllipsis.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat(text.substr(0, end), kEllipsis);
}

google::rpc::BadRequest Shortened(const google::rpc::BadRequest& full, size_t limit) {
  google::rpc::BadRequest kept;
  for (const auto& violation : full.field_violations()) {
    auto* copy = kept.add_field_violations();
    copy->set_field(Shortened(violation.field(), kMaxFieldBytes));
    copy->set_description(Shortened(violation.description(), kMaxDescriptionBytes));
    if (kept.ByteSizeLong() > limit) {
      kept.mutable_field_violations()->RemoveLast();
      break;
    }
  }
  return kept;
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const std::string message = Shortened(status.message(), kMaxStatusMessageBytes);

  google::rpc::Status rich;
  rich.set_code(status.raw_code());
  rich.set_message(message);
  status.ForEachPayload([&rich](absl::string_view type_url, const absl::Cord& payload) {
    const size_t used = rich.ByteSizeLong() + kReservedBytes;
    if (used >= kMaxStatusDetailsBytes) return;
    const size_t left = kMaxStatusDetailsBytes - used;
    std::string value(payload);
    if (type_url == control::kBadRequestTypeUrl) {
      google::rpc::BadRequest bad_request;
      if (!bad_request.ParseFromString(value)) return;
      value = Shortened(bad_request, left).SerializeAsString();
    } else if (value.size() > left) {
      return;
    }
    auto* detail = rich.add_details();
    detail->set_type_url(std::string(type_url));
    detail->set_value(std::move(value));
  });
  // gRPC's codes and Abseil's are the same numbers.
  return {static_cast<grpc::StatusCode>(status.raw_code()), message,
          rich.details_size() > 0 ? rich.SerializeAsString() : ""};
}

}  // namespace greeter::admin
