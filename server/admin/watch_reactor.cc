#include "admin/watch_reactor.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "admin/messages.h"
#include "admin/status_conversion.h"
#include "control/field_violation.h"
#include "grpc/support/time.h"

namespace greeter::admin {

absl::StatusOr<absl::Duration> WatchInterval(const api::WatchStatusRequest& request) {
  if (!request.has_min_interval()) return kDefaultWatchInterval;
  const absl::Duration interval = absl::Seconds(request.min_interval().seconds()) +
                                  absl::Nanoseconds(request.min_interval().nanos());
  if (interval >= kMinWatchInterval && interval <= kMaxWatchInterval) return interval;
  return control::InvalidArgument(
      {{"min_interval", absl::StrCat("is ", absl::FormatDuration(interval), "; must be from ",
                                     absl::FormatDuration(kMinWatchInterval), " to 1h")}});
}

WatchReactor* WatchReactor::Watch(const StatusSource* source, OpenCalls* calls, Request request) {
  const std::shared_ptr<WatchReactor> reactor = Make(source, calls, std::move(request));
  reactor->Tick();
  return reactor.get();
}

WatchReactor* WatchReactor::Refuse(OpenCalls* calls, const absl::Status& status) {
  const std::shared_ptr<WatchReactor> reactor = Make(nullptr, calls, {});
  reactor->End(status);
  return reactor.get();
}

std::shared_ptr<WatchReactor> WatchReactor::Make(const StatusSource* source, OpenCalls* calls,
                                                 Request request) {
  std::shared_ptr<WatchReactor> reactor(new WatchReactor(source, calls, std::move(request)));
  reactor->self_ = reactor;
  reactor->number_ = calls->Enter([weak = reactor->weak_from_this()] {
    if (const auto watch = weak.lock()) watch->End(OpenCalls::StoppingError());
  });
  return reactor;
}

WatchReactor::WatchReactor(const StatusSource* source, OpenCalls* calls, Request request)
    : source_(source), calls_(calls), request_(std::move(request)) {}

void WatchReactor::Tick() {
  if (request_.standing != nullptr) {
    const absl::Status standing = request_.standing();
    if (!standing.ok()) return End(standing);
  }
  std::unique_lock lock(mutex_);
  // Once the stream has ended the controller may be gone.
  if (end_.has_value()) return;
  if (Clock::now() >= next_look_) {
    absl::StatusOr<api::ServerStatus> status = source_->GetStatus(request_.listener);
    if (!status.ok()) {
      lock.unlock();
      End(status.status());
      return;
    }
    if (!writing_) Send(*std::move(status));
    next_look_ = Clock::now() + absl::ToChronoNanoseconds(request_.interval);
  }
  SetAlarm();
}

void WatchReactor::Send(api::ServerStatus status) {
  api::WatchStatusResponse response;
  *response.mutable_status() = std::move(status);
  // There are no maps in it: equal states have equal bytes.
  std::string bytes = response.SerializeAsString();
  if (bytes == sent_status_) return;
  sent_status_ = std::move(bytes);
  sent_ = Encode(response);
  writing_ = true;
  StartWrite(&sent_);
}

void WatchReactor::SetAlarm() {
  const absl::Duration longest =
      request_.standing != nullptr ? kStandingInterval : absl::InfiniteDuration();
  const absl::Duration pause =
      std::clamp(absl::FromChrono(next_look_ - Clock::now()), absl::ZeroDuration(), longest);
  alarm_.Set(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                          gpr_time_from_nanos(absl::ToInt64Nanoseconds(pause), GPR_TIMESPAN)),
             // The alarm keeps its function until it is destroyed, and this object keeps the alarm:
             // a reference left in the function would keep both for ever.
             [self = shared_from_this()](bool) mutable {
               const std::shared_ptr<WatchReactor> reactor = std::move(self);
               reactor->Tick();
             });
}

void WatchReactor::End(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  if (end_.has_value()) return;
  end_ = ToGrpcStatus(status);
  alarm_.Cancel();
  if (!writing_) Finish(*end_);
}

void WatchReactor::OnWriteDone(bool ok) {
  const std::lock_guard lock(mutex_);
  writing_ = false;
  if (!ok && !end_.has_value()) {
    end_ = grpc::Status::CANCELLED;
    alarm_.Cancel();
  }
  if (end_.has_value()) Finish(*end_);
}

void WatchReactor::OnCancel() { End(absl::CancelledError("the call was cancelled")); }

void WatchReactor::OnDone() {
  const std::shared_ptr<WatchReactor> last = std::move(self_);
  calls_->Leave(number_);
}

}  // namespace greeter::admin
