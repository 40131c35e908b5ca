#include "admin/status_source.h"

#include "google/protobuf/timestamp.pb.h"

namespace greeter::admin {
namespace {

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  return timestamp;
}

}  // namespace

absl::StatusOr<api::ServerStatus> StatusSource::GetStatus(const std::string& listener) const {
  absl::StatusOr<api::ServerStatus> status = controller_->GetStatus(listener);
  if (!status.ok() || certificates_ == nullptr) return status;
  const std::shared_ptr<const Certificates> certificates = certificates_->current();
  api::AdminCertificates& shown = *status->mutable_admin_certificates();
  *shown.mutable_server_expires() = ToTimestamp(certificates->server_expires);
  *shown.mutable_client_ca_expires() = ToTimestamp(certificates->client_ca_expires);
  for (std::string& warning : certificates_->Warnings()) status->add_warnings(std::move(warning));
  return status;
}

}  // namespace greeter::admin
