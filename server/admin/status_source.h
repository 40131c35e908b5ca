// The observed state as the API gives it: the controller's, and what the admin port knows of its
// own certificates.

#ifndef GREETER_ADMIN_STATUS_SOURCE_H_
#define GREETER_ADMIN_STATUS_SOURCE_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "admin/certificate_watch.h"
#include "control/api.h"
#include "control/controller.h"

namespace greeter::admin {

// Any thread.
class StatusSource {
 public:
  // `controller` outlives this; `certificates` is null without TLS.
  StatusSource(const control::Controller* controller,
               std::shared_ptr<const CertificateWatch> certificates)
      : controller_(controller), certificates_(std::move(certificates)) {}

  // Of `listener`, or of all if it is empty. NOT_FOUND.
  absl::StatusOr<api::ServerStatus> GetStatus(const std::string& listener) const;

 private:
  const control::Controller* const controller_;
  const std::shared_ptr<const CertificateWatch> certificates_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_STATUS_SOURCE_H_
