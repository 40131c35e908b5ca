#include "admin/call_gate.h"

#include <string>
#include <utility>

#include "absl/strings/strip.h"
#include "admin/method_roles.h"
#include "grpc/grpc.h"
#include "grpcpp/server_context.h"

namespace greeter::admin {
namespace {

using grpc::experimental::InterceptionHookPoints;

// Of one call.
class Gate final : public grpc::experimental::Interceptor {
 public:
  Gate(const Authorization* authorization, const CallObserver* observer,
       grpc::experimental::ServerRpcInfo* call)
      : authorization_(authorization), observer_(observer), call_(call) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      Admit();
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      // gRPC's codes and Abseil's are the same numbers.
      Observe(refused_ ? refusal_
                       : static_cast<absl::StatusCode>(methods->GetSendStatus().error_code()));
    }
    methods->Proceed();
  }

 private:
  void Admit() {
    const absl::Status admitted =
        authorization_->AuthorizeOthers(call_->server_context()->peer(), call_->method());
    if (admitted.ok()) return;
    refused_ = true;
    refusal_ = admitted.code();
    grpc_call_cancel_with_status(call_->server_context()->c_call(),
                                 static_cast<grpc_status_code>(admitted.raw_code()),
                                 std::string(admitted.message()).c_str(), nullptr);
  }

  void Observe(absl::StatusCode code) const {
    const absl::string_view method = call_->method();
    if (*observer_ == nullptr || !RequiredRole(method).has_value()) return;
    (*observer_)(absl::StripPrefix(method, "/"), code);
  }

  const Authorization* const authorization_;
  const CallObserver* const observer_;
  grpc::experimental::ServerRpcInfo* const call_;
  bool refused_ = false;
  absl::StatusCode refusal_ = absl::StatusCode::kOk;
};

class Factory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  Factory(const Authorization* authorization, CallObserver observer)
      : authorization_(authorization), observer_(std::move(observer)) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* call) override {
    return new Gate(authorization_, &observer_, call);
  }

 private:
  const Authorization* const authorization_;
  const CallObserver observer_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> GateCalls(
    const Authorization* authorization, CallObserver observer) {
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> factories;
  factories.push_back(std::make_unique<Factory>(authorization, std::move(observer)));
  return factories;
}

}  // namespace greeter::admin
