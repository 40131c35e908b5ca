#include "admin/fleet_wait.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpc/support/time.h"

namespace greeter::admin {

void FleetWait::Begin(control::Fleet* fleet, OpenCalls* calls, const Request& request, Done done) {
  const std::shared_ptr<FleetWait> wait(new FleetWait(fleet, calls, request, std::move(done)));
  wait->Start();
}

FleetWait::FleetWait(control::Fleet* fleet, OpenCalls* calls, const Request& request, Done done)
    : fleet_(fleet), calls_(calls), request_(request), done_(std::move(done)) {}

void FleetWait::Start() {
  const uint64_t number =
      calls_->Enter([weak = weak_from_this(), revision = request_.revision.number()] {
        const auto wait = weak.lock();
        if (wait == nullptr) return;
        wait->End({absl::UnavailableError(
            absl::StrCat("greeterd is stopping; revision ", revision,
                         " is recorded, but whether every replica has it is not known"))});
      });
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return calls_->Leave(number);
    number_ = number;
    alarm_.Set(gpr_time_add(
                   gpr_now(GPR_CLOCK_MONOTONIC),
                   gpr_time_from_nanos(absl::ToInt64Nanoseconds(request_.patience), GPR_TIMESPAN)),
               // As WatchReactor's: a reference left in the function would keep this for ever.
               [self = shared_from_this()](bool) mutable {
                 const std::shared_ptr<FleetWait> wait = std::move(self);
                 wait->TimeIsUp();
               });
  }
  fleet_->Observe([weak = weak_from_this()] {
    const auto wait = weak.lock();
    if (wait == nullptr) return false;
    wait->Judge();
    return true;
  });
  fleet_->Look([self = shared_from_this()](const absl::Status& status) { self->Looked(status); });
}

void FleetWait::Looked(const absl::Status& status) {
  if (!status.ok()) {
    return End({absl::UnavailableError(absl::StrCat(
        "revision ", request_.revision.number(),
        " is in force here, but whether every replica has it is not known: ", status.message()))});
  }
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    looked_ = true;
  }
  Judge();
}

void FleetWait::Judge() {
  {
    const std::lock_guard lock(mutex_);
    if (ended_ || !looked_) return;
  }
  if (IsUndecided()) return;
  const control::FleetProgress progress =
      control::ProgressOf(fleet_->view(), request_.revision, absl::Now());
  const bool refused = !progress.refused.empty();
  if (progress.pending.empty() || (refused && request_.ends_at_first_refusal)) {
    End({control::Verdict(progress, request_.revision.number()), refused});
  }
}

bool FleetWait::IsUndecided() const {
  bool pending = false;
  bool refused = false;
  fleet_->Visit([&](const api::Replica& replica) {
    const control::Standing standing = control::StandingOf(replica, request_.revision);
    pending = pending || standing == control::Standing::kPending;
    refused = refused || standing == control::Standing::kRefused;
    return !pending || (request_.ends_at_first_refusal && !refused);
  });
  return pending && !(request_.ends_at_first_refusal && refused);
}

void FleetWait::TimeIsUp() {
  bool looked = false;
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    looked = looked_;
  }
  if (!looked) {
    return End({absl::UnavailableError(
        absl::StrCat("revision ", request_.revision.number(),
                     " is in force here, but who else is live could not be found out in time"))});
  }
  const control::FleetProgress progress =
      control::ProgressOf(fleet_->view(), request_.revision, absl::Now());
  End({control::Verdict(progress, request_.revision.number()), !progress.refused.empty()});
}

void FleetWait::End(Outcome outcome) {
  std::optional<uint64_t> number;
  Done done;
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    ended_ = true;
    alarm_.Cancel();
    number = number_;
    done = std::move(done_);
  }
  done(std::move(outcome));
  if (number.has_value()) calls_->Leave(*number);
}

}  // namespace greeter::admin
