// One unary call from its beginning to its one answer.
//
// The answer comes from the controller, on its thread, at a time of its choosing; the client may
// have cancelled meanwhile, or the server be gone. So whoever comes first answers, later answers
// are dropped, and the call's memory lasts as long as anyone may still answer.

#ifndef GREETER_ADMIN_UNARY_CALL_H_
#define GREETER_ADMIN_UNARY_CALL_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "admin/messages.h"
#include "admin/open_calls.h"
#include "admin/status_conversion.h"
#include "grpcpp/support/server_callback.h"

namespace greeter::admin {

template <class Response>
class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  // Begins a call whose answer goes into `response`, gRPC's. Return get() of it to gRPC.
  static std::shared_ptr<UnaryCall> Begin(OpenCalls* calls, grpc::ByteBuffer* response) {
    const std::shared_ptr<UnaryCall> call(new UnaryCall(calls, response));
    call->self_ = call;
    return call;
  }

  // Any thread, any time; the first answer counts.
  void Answer(const absl::StatusOr<Response>& answer) {
    if (answered_.exchange(true)) return;
    if (answer.ok()) *response_ = Encode(*answer);
    Finish(ToGrpcStatus(answer.status()));
  }

  // By gRPC: the client has cancelled, or the server's time to stop is up. A change that is under
  // way goes on; nobody hears how it ended.
  void OnCancel() override { Answer(absl::CancelledError("the call was cancelled")); }

  // By gRPC, last of all.
  void OnDone() override {
    const std::shared_ptr<UnaryCall> last = std::move(self_);
    calls_->Leave(number_);
  }

 private:
  UnaryCall(OpenCalls* calls, grpc::ByteBuffer* response)
      : calls_(calls), response_(response), number_(calls->Enter(nullptr)) {}

  // Constant after construction. response_ is valid until the call is answered.
  OpenCalls* const calls_;
  grpc::ByteBuffer* const response_;
  const uint64_t number_;

  std::atomic<bool> answered_ = false;
  // Keeps this alive for gRPC; set by Begin(), cleared by OnDone().
  std::shared_ptr<UnaryCall> self_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_UNARY_CALL_H_
