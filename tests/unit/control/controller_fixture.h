// A controller on a fake data plane and a store that fails when told to, with verbs that wait.

#ifndef GREETER_TESTS_UNIT_CONTROL_CONTROLLER_FIXTURE_H_
#define GREETER_TESTS_UNIT_CONTROL_CONTROLLER_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/change.h"
#include "control/controller.h"
#include "fake_data_plane.h"
#include "google/rpc/error_details.pb.h"
#include "store/memory_store.h"

namespace greeter::control {

// A value that another thread delivers.
template <typename T>
class Delivery {
 public:
  void Deliver(T value) {
    const std::lock_guard<std::mutex> lock(mutex_);
    EXPECT_FALSE(value_.has_value()) << "delivered twice";
    value_.emplace(std::move(value));
    delivered_.notify_all();
  }
  T Await() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!delivered_.wait_for(lock, std::chrono::seconds(20),
                             [this] { return value_.has_value(); })) {
      ADD_FAILURE() << "nothing delivered in 20 s";
      std::abort();
    }
    return *std::move(value_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable delivered_;
  std::optional<T> value_;
};

// A memory store that refuses on demand and writes in the journal.
class FragileStore : public ConfigStore {
 public:
  explicit FragileStore(Journal* journal) : journal_(journal) {}

  absl::StatusOr<std::optional<Record>> Latest() override {
    if (broken) return absl::UnavailableError("can't read greeter.db");
    return records_.Latest();
  }
  absl::StatusOr<Record> Get(uint64_t revision) override {
    if (broken) return absl::UnavailableError("can't read greeter.db");
    return records_.Get(revision);
  }
  absl::StatusOr<std::vector<api::Revision>> List(uint64_t before, size_t limit) override {
    if (broken) return absl::UnavailableError("can't read greeter.db");
    return records_.List(before, limit);
  }
  absl::Status Append(const Record& record) override {
    journal_->Write(absl::StrCat("record ", record.revision.number()));
    if (broken) return absl::UnavailableError("the disk is full");
    return records_.Append(record);
  }

  std::atomic<bool> broken = false;

 private:
  Journal* const journal_;
  store::MemoryStore records_;
};

class ControllerTest : public ::testing::Test {
 protected:
  using Result = absl::StatusOr<Controller::ChangeResult>;

  ControllerTest() { MakeController(); }

  void MakeController() {
    controller_ = std::make_unique<Controller>(&data_plane_, &store_, options_);
  }

  static api::Listener ListenerAt(const std::string& name, const std::string& address) {
    api::Listener listener;
    listener.set_name(name);
    listener.set_address(address);
    listener.mutable_greeting()->set_text("Hello world");
    return listener;
  }

  // One listener for each (name, address).
  static api::Config ConfigOf(const std::vector<std::pair<std::string, std::string>>& listeners) {
    api::Config config;
    for (const auto& [name, address] : listeners) {
      *config.add_listeners() = ListenerAt(name, address);
    }
    return config;
  }

  // Starts with `config` at revision 1 and forgets how.
  void Start(const api::Config& config = ConfigOf({{"default", ":1"}})) {
    const absl::Status status = controller_->Start(config);
    ASSERT_TRUE(status.ok()) << status;
    journal_.Clear();
  }

  Result Run(Change change) {
    Delivery<Result> result;
    controller_->Submit(std::move(change),
                        [&result](Result answer) { result.Deliver(std::move(answer)); });
    return result.Await();
  }

  static api::SetMessageRequest Message(const std::string& text) {
    api::SetMessageRequest request;
    request.mutable_greeting()->set_text(text);
    return request;
  }
  static api::ApplyConfigRequest Application(const api::Config& config) {
    api::ApplyConfigRequest request;
    *request.mutable_config() = config;
    return request;
  }
  static Change Starting(const std::string& listener) {
    api::StartListeningRequest request;
    request.set_listener(listener);
    return StartListening(request);
  }
  static Change Stopping(const std::string& listener) {
    api::StopListeningRequest request;
    request.set_listener(listener);
    return StopListening(request);
  }

  absl::StatusOr<Record> Load(std::optional<uint64_t> revision) {
    Delivery<absl::StatusOr<Record>> record;
    controller_->GetConfig(
        revision, [&record](absl::StatusOr<Record> answer) { record.Deliver(std::move(answer)); });
    return record.Await();
  }

  uint64_t Revision() const { return controller_->snapshot()->revision.number(); }
  std::string Text() const {
    return controller_->snapshot()->config.listeners(0).greeting().text();
  }
  api::ListenerStatus::State State(int i = 0) const {
    return controller_->snapshot()->listeners.at(static_cast<size_t>(i)).state();
  }

  // The fields that `status` refuses.
  static std::vector<std::string> Fields(const absl::Status& status) {
    google::rpc::BadRequest details;
    const auto payload = status.GetPayload(kBadRequestTypeUrl);
    if (!payload.has_value()) return {};
    EXPECT_TRUE(details.ParseFromString(std::string(*payload)));
    std::vector<std::string> fields;
    for (const auto& violation : details.field_violations()) fields.push_back(violation.field());
    return fields;
  }

  Controller::Options options_;
  Journal journal_;
  FakeDataPlane data_plane_{&journal_};
  FragileStore store_{&journal_};
  std::unique_ptr<Controller> controller_;
};

}  // namespace greeter::control

#endif  // GREETER_TESTS_UNIT_CONTROL_CONTROLLER_FIXTURE_H_
