// What every call passes on its way in and out: refused if it may not be, and told of for metrics.
//
// gRPC's own handlers, those of health and reflection, ask nobody whether a caller may call them,
// and an interceptor has no say either. But it sees a call before its handler does, and can end it
// as the server's own filters do, with a status and a reason; its handler then talks to nobody.
// GreeterAdminService's handlers change things, so they ask for themselves.

#ifndef GREETER_ADMIN_CALL_GATE_H_
#define GREETER_ADMIN_CALL_GATE_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "admin/authorization.h"
#include "grpcpp/support/server_interceptor.h"

namespace greeter::admin {

// How a call ended. `method` is one that the server has, as
// "greeter.admin.v1.GreeterAdminService/SetMessage". On any of gRPC's threads, before the client
// hears of it; quick.
using CallObserver = std::function<void(absl::string_view method, absl::StatusCode code)>;

// For grpc::ServerBuilder. Calls are refused by AuthorizeOthers() of `authorization`, which
// outlives the server, with what it says. `observer`, if set, is called once for each call, those
// that are refused included; not for methods that do not exist.
std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> GateCalls(
    const Authorization* authorization, CallObserver observer);

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_CALL_GATE_H_
