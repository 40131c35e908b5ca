// How the control plane's outcomes travel to gRPC clients.

#ifndef GREETER_ADMIN_STATUS_CONVERSION_H_
#define GREETER_ADMIN_STATUS_CONVERSION_H_

#include <cstddef>

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace greeter::admin {

// Clients refuse a response whose trailing metadata exceed 8 KiB (gRPC's default), and report
// RESOURCE_EXHAUSTED in place of the error. These bounds stay below it: a message is sent as it is,
// with up to three bytes for each of its own, and once more in the details, which are in base64.
inline constexpr size_t kMaxStatusMessageBytes = 1300;
inline constexpr size_t kMaxStatusDetailsBytes = 2900;

// The same code and message. Payloads become the details of a google.rpc.Status, which clients find
// in error_details(). What would exceed the bounds is shortened: texts end in "…", and of many
// field violations the first are kept. Any thread.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_STATUS_CONVERSION_H_
