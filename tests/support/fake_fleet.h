// A fleet whose replicas say what a test tells them to.

#ifndef GREETER_TESTS_SUPPORT_FAKE_FLEET_H_
#define GREETER_TESTS_SUPPORT_FAKE_FLEET_H_

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "control/fleet.h"

namespace greeter::testing {

// Any thread.
class FakeFleet final : public control::Fleet {
 public:
  // `id` says that it has applied `revision`, heard `age` ago.
  void Applied(const std::string& id, uint64_t revision, const std::string& error = "",
               absl::Duration age = absl::ZeroDuration()) {
    Say(id, revision, 0, error, age);
  }
  // As Applied(), of a revision that was made at that time.
  void AppliedOf(const std::string& id, uint64_t revision, absl::Time made) {
    Say(id, revision, 0, "", absl::ZeroDuration(), made);
  }
  // `id` says that it can't apply `revision`, but has the one before.
  void Refused(const std::string& id, uint64_t revision, const std::string& error) {
    Say(id, revision - 1, revision, error, absl::ZeroDuration());
  }
  void Left(const std::string& id) {
    {
      const std::lock_guard lock(mutex_);
      replicas_.erase(id);
    }
    Publish();
  }

  // What Look() comes to from now on.
  void AnswerLooks(absl::Status status) {
    const std::lock_guard lock(mutex_);
    look_status_ = std::move(status);
  }
  // Looks wait from now on, until ReleaseLooks().
  void HoldLooks() {
    const std::lock_guard lock(mutex_);
    holds_ = true;
  }
  void ReleaseLooks() {
    std::vector<LookDone> held;
    absl::Status status;
    {
      const std::lock_guard lock(mutex_);
      holds_ = false;
      held = std::exchange(held_, {});
      status = look_status_;
    }
    for (LookDone& done : held) done(status);
  }

  std::string name() const override { return "web"; }
  void Visit(Visitor visitor) const override {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, replica] : replicas_) {
      if (!visitor(replica)) return;
    }
  }
  void Look(LookDone done) override {
    absl::Status status;
    {
      const std::lock_guard lock(mutex_);
      if (holds_) {
        held_.push_back(std::move(done));
        return;
      }
      status = look_status_;
    }
    done(status);
  }
  void Observe(Observer observer) override {
    const std::lock_guard lock(mutex_);
    observers_.push_back(std::move(observer));
  }

 private:
  void Say(const std::string& id, uint64_t applied, uint64_t failed, const std::string& error,
           absl::Duration age, std::optional<absl::Time> made = std::nullopt) {
    api::Replica replica;
    replica.set_id(id);
    replica.set_applied_revision(applied);
    if (made.has_value()) {
      replica.mutable_applied_time()->set_seconds(absl::ToUnixSeconds(*made));
    }
    replica.set_failed_revision(failed);
    replica.set_error(error);
    replica.set_state(error.empty() ? api::Replica::STATE_SERVING : api::Replica::STATE_FAILED);
    replica.mutable_last_heard()->set_seconds(absl::ToUnixSeconds(absl::Now() - age));
    {
      const std::lock_guard lock(mutex_);
      replicas_[id] = replica;
    }
    Publish();
  }

  void Publish() {
    std::vector<Observer> observers;
    {
      const std::lock_guard lock(mutex_);
      observers = std::exchange(observers_, {});
    }
    observers.erase(std::remove_if(observers.begin(), observers.end(),
                                   [](const Observer& observer) { return !observer(); }),
                    observers.end());
    const std::lock_guard lock(mutex_);
    observers_.insert(observers_.end(), observers.begin(), observers.end());
  }

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::map<std::string, api::Replica> replicas_;
  std::vector<Observer> observers_;
  absl::Status look_status_;
  bool holds_ = false;
  std::vector<LookDone> held_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_SUPPORT_FAKE_FLEET_H_
