#include "admin_cli/client/client.h"

#include <grpcpp/grpcpp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "admin_cli/client/endpoint.h"

namespace greeter::admin_cli {
namespace {

using ::google::rpc::BadRequest;

constexpr char kBadRequestTypeUrl[] = "type.googleapis.com/google.rpc.BadRequest";

// Cancels a watch from a thread of its own, since reading the stream blocks: when `interrupt_fd`
// becomes readable, or when nothing has come within `timeout`.
class Canceller {
 public:
  enum class Cause { kNone, kInterrupted, kTimedOut };

  Canceller(grpc::ClientContext* context, int interrupt_fd, absl::Duration timeout)
      : context_(context),
        interrupt_fd_(interrupt_fd),
        deadline_(absl::Now() + timeout),
        wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        thread_([this] { Run(); }) {}

  ~Canceller() {
    finished_ = true;
    Wake();
    thread_.join();
    close(wake_fd_);
  }

  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;

  // The first status has come: no more deadline.
  void Received() {
    if (!received_.exchange(true)) Wake();
  }

  // Why the stream was cancelled, if it was.
  Cause cause() const { return cause_; }

 private:
  void Wake() {
    const uint64_t one = 1;
    // Fails only when the counter is full, that is, when the thread will wake anyway.
    [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof(one));
  }

  int PollTimeout() const {
    if (received_) return -1;
    const absl::Duration left = std::max(deadline_ - absl::Now(), absl::ZeroDuration());
    return static_cast<int>(
        std::min<int64_t>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1))),
                          std::numeric_limits<int>::max()));
  }

  void Run() {
    while (!finished_) {
      pollfd fds[] = {{wake_fd_, POLLIN, 0}, {interrupt_fd_, POLLIN, 0}};
      const int ready = poll(fds, 2, PollTimeout());
      if (ready < 0 && errno == EINTR) continue;
      uint64_t ignored = 0;
      [[maybe_unused]] const ssize_t n = read(wake_fd_, &ignored, sizeof(ignored));
      if (fds[1].revents != 0) return Cancel(Cause::kInterrupted);
      if (!received_ && absl::Now() >= deadline_) return Cancel(Cause::kTimedOut);
    }
  }

  void Cancel(Cause cause) {
    cause_ = cause;
    context_->TryCancel();
  }

  // Constant after construction.
  grpc::ClientContext* const context_;
  const int interrupt_fd_;
  const absl::Time deadline_;
  const int wake_fd_;

  // Atomic.
  std::atomic<bool> finished_ = false;
  std::atomic<bool> received_ = false;
  std::atomic<Cause> cause_ = Cause::kNone;

  std::thread thread_;
};

}  // namespace

std::vector<BadRequest::FieldViolation> FieldViolationsOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kBadRequestTypeUrl);
  BadRequest bad_request;
  if (!payload || !bad_request.ParseFromString(std::string(*payload))) return {};
  return {bad_request.field_violations().begin(), bad_request.field_violations().end()};
}

Client::Client(std::string server, absl::Duration timeout, std::optional<Tls> tls,
               ClientHabits habits)
    : endpoint_(std::make_unique<Endpoint>(std::move(server), timeout, std::move(tls), habits)),
      stub_(api::GreeterAdminService::NewStub(endpoint_->channel())) {}

Client::~Client() = default;

template <typename Request, typename Response>
absl::StatusOr<Response> Client::Call(grpc::Status (api::GreeterAdminService::Stub::*method)(
                                          grpc::ClientContext*, const Request&, Response*),
                                      const Request& request) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + endpoint_->timeout()));
  Response response;
  const absl::Status status =
      endpoint_->ToStatus((stub_.get()->*method)(&context, request, &response));
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<api::GetStatusResponse> Client::GetStatus(const api::GetStatusRequest& request) {
  return Call(&api::GreeterAdminService::Stub::GetStatus, request);
}

absl::StatusOr<api::GetConnectionCountsResponse> Client::GetConnectionCounts(
    const api::GetConnectionCountsRequest& request) {
  return Call(&api::GreeterAdminService::Stub::GetConnectionCounts, request);
}

absl::StatusOr<api::SetMessageResponse> Client::SetMessage(const api::SetMessageRequest& request) {
  return Call(&api::GreeterAdminService::Stub::SetMessage, request);
}

absl::StatusOr<api::StartListeningResponse> Client::StartListening(
    const api::StartListeningRequest& request) {
  return Call(&api::GreeterAdminService::Stub::StartListening, request);
}

absl::StatusOr<api::StopListeningResponse> Client::StopListening(
    const api::StopListeningRequest& request) {
  return Call(&api::GreeterAdminService::Stub::StopListening, request);
}

absl::StatusOr<api::GetConfigResponse> Client::GetConfig(const api::GetConfigRequest& request) {
  return Call(&api::GreeterAdminService::Stub::GetConfig, request);
}

absl::StatusOr<api::ApplyConfigResponse> Client::ApplyConfig(
    const api::ApplyConfigRequest& request) {
  return Call(&api::GreeterAdminService::Stub::ApplyConfig, request);
}

absl::StatusOr<api::ListRevisionsResponse> Client::ListRevisions(
    const api::ListRevisionsRequest& request) {
  return Call(&api::GreeterAdminService::Stub::ListRevisions, request);
}

absl::StatusOr<api::RollBackResponse> Client::RollBack(const api::RollBackRequest& request) {
  return Call(&api::GreeterAdminService::Stub::RollBack, request);
}

absl::StatusOr<api::ListReplicasResponse> Client::ListReplicas(
    const api::ListReplicasRequest& request) {
  return Call(&api::GreeterAdminService::Stub::ListReplicas, request);
}

absl::StatusOr<api::ListReplicasResponse> Client::ListReplicas(
    const api::ListReplicasRequest& request, int interrupt_fd) {
  grpc::ClientContext context;
  const Canceller canceller(&context, interrupt_fd, endpoint_->timeout());
  api::ListReplicasResponse response;
  const grpc::Status status = stub_->ListReplicas(&context, request, &response);
  if (canceller.cause() == Canceller::Cause::kInterrupted) {
    return absl::CancelledError("interrupted");
  }
  if (canceller.cause() == Canceller::Cause::kTimedOut) return endpoint_->TimedOut();
  if (!status.ok()) return endpoint_->ToStatus(status);
  return response;
}

absl::Status Client::WatchStatus(const api::WatchStatusRequest& request, int interrupt_fd,
                                 const std::function<bool(const api::ServerStatus&)>& on_update) {
  grpc::ClientContext context;
  Canceller canceller(&context, interrupt_fd, endpoint_->timeout());
  const auto reader = stub_->WatchStatus(&context, request);
  api::WatchStatusResponse response;
  bool received = false;
  bool wanted = true;
  while (wanted && reader->Read(&response)) {
    received = true;
    canceller.Received();
    wanted = on_update(response.status());
  }
  if (!wanted) context.TryCancel();
  const grpc::Status status = reader->Finish();
  if (!wanted || canceller.cause() == Canceller::Cause::kInterrupted) return absl::OkStatus();
  if (canceller.cause() == Canceller::Cause::kTimedOut) return endpoint_->TimedOut();
  if (Endpoint::IsGivenUp(status)) return endpoint_->GivenUp();
  if (status.ok() || (received && status.error_code() == grpc::StatusCode::UNAVAILABLE)) {
    return absl::UnavailableError(
        absl::StrCat("greeterd at ", endpoint_->server(), " has stopped"));
  }
  return endpoint_->ToStatus(status);
}

}  // namespace greeter::admin_cli
