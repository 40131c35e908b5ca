// A controller on a fake data plane, and what is to be seen of it.

#ifndef GREETER_TESTS_UNIT_OBSERVE_OBSERVE_FIXTURE_H_
#define GREETER_TESTS_UNIT_OBSERVE_OBSERVE_FIXTURE_H_

#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/change.h"
#include "control/controller.h"
#include "gtest/gtest.h"
#include "observe/sources.h"
#include "store/memory_store.h"
#include "support/fake_data_plane.h"

namespace greeter::observe {

class ObserveTest : public ::testing::Test {
 protected:
  ObserveTest() : controller_(&data_plane_, &store_, Identified()) {}

  Sources MakeSources() {
    return {
        &controller_,
        [this] { return Status(); },
        [this](const std::string&) { return times_; },
        &admin_calls_,
        [this] { return alive_; },
        [this] { return controller_.snapshot() != nullptr && controller_.snapshot()->serving(); },
        {{"site", "berlin"}},
        [this] { return access_log_; }};
  }

  // Starts with listeners of these names.
  void StartWith(const std::vector<std::string>& names) {
    const absl::Status status = controller_.Start(ConfigOf(names));
    ASSERT_TRUE(status.ok()) << status;
  }

  static api::Config ConfigOf(const std::vector<std::string>& names) {
    api::Config config;
    for (const std::string& name : names) {
      api::Listener& listener = *config.add_listeners();
      listener.set_name(name);
      listener.set_address("127.0.0.1:" + std::to_string(1 + config.listeners_size()));
      listener.mutable_greeting()->set_text("Hello world");
    }
    return config;
  }

  void Run(control::Change change) {
    std::promise<absl::Status> done;
    controller_.Submit(std::move(change),
                       [&done](auto result) { done.set_value(result.status()); });
    const absl::Status status = done.get_future().get();
    ASSERT_TRUE(status.ok()) << status;
  }

  void SetMessage(const std::string& listener, const std::string& text) {
    api::SetMessageRequest request;
    request.set_listener(listener);
    request.mutable_greeting()->set_text(text);
    control::Change change = control::SetMessage(request);
    change.author = "alice";
    Run(std::move(change));
  }

  api::ServerStatus Status() {
    api::ServerStatus status = *controller_.GetStatus("");
    if (certificates_.has_value()) *status.mutable_admin_certificates() = *certificates_;
    return status;
  }

  testing::FakeDataPlane data_plane_;
  store::MemoryStore store_;
  data_plane::TimesReading times_;
  AdminCalls admin_calls_;
  std::optional<api::AdminCertificates> certificates_;
  std::optional<data_plane::ConnectionLog::Counts> access_log_;
  bool alive_ = true;
  control::Controller controller_;

 private:
  static control::Controller::Options Identified() {
    control::Controller::Options options;
    options.identity = {"host-1", "1.2.3", absl::FromUnixSeconds(1000)};
    options.identity.config_file = "greeter.yaml";
    return options;
  }
};

}  // namespace greeter::observe

#endif  // GREETER_TESTS_UNIT_OBSERVE_OBSERVE_FIXTURE_H_
