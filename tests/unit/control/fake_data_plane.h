// A data plane without sockets: an address "binds" unless the test has taken it. It keeps a journal
// of what was asked of it, in order, in which a store can write too.

#ifndef GREETER_TESTS_UNIT_CONTROL_FAKE_DATA_PLANE_H_
#define GREETER_TESTS_UNIT_CONTROL_FAKE_DATA_PLANE_H_

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "control/data_plane.h"

namespace greeter::control {

// What happened, in order. Any thread.
class Journal {
 public:
  void Write(std::string entry) {
    const std::lock_guard<std::mutex> lock(mutex_);
    entries_.push_back({std::move(entry), std::chrono::steady_clock::now()});
    written_.notify_all();
  }

  std::vector<std::string> Entries() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<std::string> texts;
    for (const Entry& entry : entries_) texts.push_back(entry.text);
    return texts;
  }

  void Clear() {
    const std::lock_guard<std::mutex> lock(mutex_);
    entries_.clear();
  }

  // When each entry `text` was written, once there are `count` of them; fewer after 20 s.
  std::vector<std::chrono::steady_clock::time_point> Await(const std::string& text, size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    std::vector<std::chrono::steady_clock::time_point> times;
    written_.wait_for(lock, std::chrono::seconds(20), [&] {
      times.clear();
      for (const Entry& entry : entries_) {
        if (entry.text == text) times.push_back(entry.time);
      }
      return times.size() >= count;
    });
    return times;
  }

 private:
  struct Entry {
    std::string text;
    std::chrono::steady_clock::time_point time;
  };

  mutable std::mutex mutex_;
  std::condition_variable written_;
  std::vector<Entry> entries_;
};

class FakeDataPlane : public DataPlane {
 public:
  explicit FakeDataPlane(Journal* journal) : journal_(journal) {}

  // From now on `address` can't be bound. Any thread.
  void Take(const std::string& address, const std::string& reason = "is in use") {
    const std::lock_guard<std::mutex> lock(mutex_);
    taken_[address] = reason;
  }
  void Release(const std::string& address) {
    const std::lock_guard<std::mutex> lock(mutex_);
    taken_.erase(address);
  }
  // From now on `address` can be bound, but not be listened on.
  void TakeWhenListening(const std::string& address) {
    const std::lock_guard<std::mutex> lock(mutex_);
    taken_when_listening_.insert(address);
  }
  // From now on the next Prepare() waits for OpenGate(), and answers with its journal entry.
  void CloseGate() {
    const std::lock_guard<std::mutex> lock(mutex_);
    gate_open_ = false;
  }
  void OpenGate() {
    const std::lock_guard<std::mutex> lock(mutex_);
    gate_open_ = true;
    gate_.notify_all();
  }
  std::vector<std::thread::id> callers() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return {callers_.begin(), callers_.end()};
  }

  // Refuses addresses that contain "bad".
  std::vector<FieldViolation> Check(const api::Config& config) const override {
    std::vector<FieldViolation> violations;
    for (int i = 0; i < config.listeners_size(); ++i) {
      const std::string& address = config.listeners(i).address();
      if (address.empty() || absl::StrContains(address, "bad")) {
        violations.push_back({absl::StrCat("listeners[", i, "].address"), "does not parse"});
      }
    }
    return violations;
  }

  std::unique_ptr<Preparation> Prepare(const api::Config& config) override {
    journal_->Write("prepare");
    std::unique_lock<std::mutex> lock(mutex_);
    callers_.insert(std::this_thread::get_id());
    gate_.wait(lock, [this] { return gate_open_; });
    auto preparation = std::make_unique<FakePreparation>(journal_, config);
    for (const api::Listener& listener : config.listeners()) {
      const auto taken = taken_.find(listener.address());
      if (!listener.enabled() || taken == taken_.end() || bound_.count(listener.address()) > 0) {
        continue;
      }
      preparation->failures_[listener.name()] =
          absl::FailedPreconditionError(absl::StrCat(listener.address(), " ", taken->second));
    }
    return preparation;
  }

  void Activate(std::unique_ptr<Preparation> preparation, uint64_t revision) override {
    journal_->Write(absl::StrCat("activate ", revision));
    auto& ready = static_cast<FakePreparation&>(*preparation);
    ready.activated_ = true;
    const std::lock_guard<std::mutex> lock(mutex_);
    callers_.insert(std::this_thread::get_id());
    bound_.clear();
    observed_.clear();
    for (const api::Listener& listener : ready.config_.listeners()) {
      api::ListenerStatus& status = observed_.emplace_back();
      status.set_name(listener.name());
      status.set_applied_revision(revision);
      const auto failure = ready.failures_.find(listener.name());
      if (!listener.enabled()) {
        status.set_state(api::ListenerStatus::STATE_STOPPED);
      } else if (failure != ready.failures_.end()) {
        status.set_state(api::ListenerStatus::STATE_FAILED);
        status.set_error(std::string(failure->second.message()));
      } else if (taken_when_listening_.count(listener.address()) > 0) {
        status.set_state(api::ListenerStatus::STATE_FAILED);
        status.set_error(listener.address() + " was taken meanwhile");
      } else {
        status.set_state(api::ListenerStatus::STATE_LISTENING);
        status.set_bound_address("bound" + listener.address());
        bound_.insert(listener.address());
      }
    }
  }

  std::vector<api::ListenerStatus> Observe() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    callers_.insert(std::this_thread::get_id());
    return observed_;
  }

  // Every listener has accepted as many connections as its name has letters.
  api::ConnectionCounts Counts(const std::string& listener) const override {
    api::ConnectionCounts counts;
    counts.set_accepted(listener.size());
    counts.set_completed(listener.size());
    counts.set_bytes_sent(11 * listener.size());
    return counts;
  }

 private:
  class FakePreparation : public Preparation {
   public:
    FakePreparation(Journal* journal, api::Config config)
        : config_(std::move(config)), journal_(journal) {}
    ~FakePreparation() override {
      if (!activated_) journal_->Write("drop");
    }
    FakePreparation(const FakePreparation&) = delete;
    FakePreparation& operator=(const FakePreparation&) = delete;

    const std::map<std::string, absl::Status>& failures() const override { return failures_; }

    const api::Config config_;
    std::map<std::string, absl::Status> failures_;
    bool activated_ = false;

   private:
    Journal* const journal_;
  };

  Journal* const journal_;

  mutable std::mutex mutex_;
  std::condition_variable gate_;
  bool gate_open_ = true;
  std::map<std::string, std::string> taken_;
  std::set<std::string> taken_when_listening_;
  std::set<std::string> bound_;
  std::vector<api::ListenerStatus> observed_;
  mutable std::set<std::thread::id> callers_;
};

}  // namespace greeter::control

#endif  // GREETER_TESTS_UNIT_CONTROL_FAKE_DATA_PLANE_H_
