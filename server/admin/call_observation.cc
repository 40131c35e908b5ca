#include "admin/call_observation.h"

#include <utility>

#include "absl/strings/strip.h"
#include "grpcpp/support/interceptor.h"

namespace greeter::admin {
namespace {

using grpc::experimental::InterceptionHookPoints;

class Interceptor final : public grpc::experimental::Interceptor {
 public:
  Interceptor(const CallObserver* observer, absl::string_view method)
      : observer_(observer), method_(method) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      // gRPC's codes and Abseil's are the same numbers.
      (*observer_)(method_, static_cast<absl::StatusCode>(methods->GetSendStatus().error_code()));
    }
    methods->Proceed();
  }

 private:
  const CallObserver* const observer_;
  // The library's, as long as the server.
  const absl::string_view method_;
};

class Factory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Factory(CallObserver observer) : observer_(std::move(observer)) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    return new Interceptor(&observer_, absl::StripPrefix(info->method(), "/"));
  }

 private:
  const CallObserver observer_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> ObserveCalls(
    CallObserver observer) {
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> factories;
  factories.push_back(std::make_unique<Factory>(std::move(observer)));
  return factories;
}

}  // namespace greeter::admin
