#include "support/fake_data_plane.h"

#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace greeter::testing {

struct FakeDataPlane::Prepared final : Preparation {
  const std::map<std::string, absl::Status>& failures() const override { return failed; }

  std::map<std::string, absl::Status> failed;
  api::Config config;
};

void FakeDataPlane::Refuse(const std::string& address) {
  const std::lock_guard lock(mutex_);
  refused_.insert(address);
}

void FakeDataPlane::Allow(const std::string& address) {
  const std::lock_guard lock(mutex_);
  refused_.erase(address);
}

void FakeDataPlane::SetAccepted(uint64_t accepted) {
  const std::lock_guard lock(mutex_);
  accepted_ = accepted;
}

void FakeDataPlane::CountEveryReading() {
  const std::lock_guard lock(mutex_);
  count_every_reading_ = true;
}

uint64_t FakeDataPlane::accepted() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

void FakeDataPlane::PadStatus(size_t bytes) {
  const std::lock_guard lock(mutex_);
  padding_ = bytes;
}

void FakeDataPlane::Block() {
  const std::lock_guard lock(mutex_);
  blocked_ = true;
}

void FakeDataPlane::Release() {
  const std::lock_guard lock(mutex_);
  blocked_ = false;
  changed_.notify_all();
}

bool FakeDataPlane::WaitUntilBlocked(int seconds) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(seconds), [this] { return waiting_; });
}

std::vector<control::FieldViolation> FakeDataPlane::Check(const api::Config& config) const {
  std::vector<control::FieldViolation> violations;
  for (int i = 0; i < config.listeners_size(); ++i) {
    if (absl::StrContains(config.listeners(i).address(), ':')) continue;
    violations.push_back({absl::StrCat("listeners[", i, "].address"), "there is no port"});
  }
  return violations;
}

std::unique_ptr<control::DataPlane::Preparation> FakeDataPlane::Prepare(const api::Config& config) {
  std::unique_lock lock(mutex_);
  waiting_ = blocked_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !blocked_; });
  waiting_ = false;
  auto prepared = std::make_unique<Prepared>();
  prepared->config = config;
  for (const api::Listener& listener : config.listeners()) {
    if (listener.enabled() && refused_.count(listener.address()) > 0) {
      prepared->failed[listener.name()] = absl::FailedPreconditionError(
          absl::StrCat("can't listen on ", listener.address(), ": Address already in use"));
    }
  }
  return prepared;
}

void FakeDataPlane::Activate(std::unique_ptr<Preparation> preparation, uint64_t revision) {
  const std::lock_guard lock(mutex_);
  const auto& prepared = static_cast<const Prepared&>(*preparation);
  observed_.clear();
  for (const api::Listener& listener : prepared.config.listeners()) {
    api::ListenerStatus status;
    status.set_name(listener.name());
    status.set_applied_revision(revision);
    status.set_error(std::string(padding_, 'x'));
    const auto failure = prepared.failed.find(listener.name());
    if (failure != prepared.failed.end()) {
      status.set_state(api::ListenerStatus::STATE_FAILED);
      status.set_error(std::string(failure->second.message()));
    } else if (listener.enabled()) {
      status.set_state(api::ListenerStatus::STATE_LISTENING);
      status.set_bound_address(listener.address());
    } else {
      status.set_state(api::ListenerStatus::STATE_STOPPED);
    }
    observed_.push_back(std::move(status));
  }
}

std::vector<api::ListenerStatus> FakeDataPlane::Observe() const { return observed_; }

api::ConnectionCounts FakeDataPlane::Counts(const std::string& /*listener*/) const {
  const std::lock_guard lock(mutex_);
  if (count_every_reading_) ++accepted_;
  api::ConnectionCounts counts;
  counts.set_accepted(accepted_);
  counts.set_completed(accepted_);
  return counts;
}

}  // namespace greeter::testing
