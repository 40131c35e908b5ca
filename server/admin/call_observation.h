// Tells how every call ended: for metrics.

#ifndef GREETER_ADMIN_CALL_OBSERVATION_H_
#define GREETER_ADMIN_CALL_OBSERVATION_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "grpcpp/support/server_interceptor.h"

namespace greeter::admin {

// `method` is one that the server has, as "greeter.admin.v1.GreeterAdminService/SetMessage". On any
// of gRPC's threads, before the client hears of it; quick.
using CallObserver = std::function<void(absl::string_view method, absl::StatusCode code)>;

// For grpc::ServerBuilder. `observer` is called once for each call, those of health and reflection
// included; not for methods that do not exist, nor for calls refused before they are a call.
std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> ObserveCalls(
    CallObserver observer);

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_CALL_OBSERVATION_H_
