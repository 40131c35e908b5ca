#include "fleet/replica.h"

#include <future>
#include <limits>
#include <mutex>
#include <utility>

#include "control/change.h"
#include "gtest/gtest.h"
#include "spdlog/sinks/base_sink.h"
#include "store/sqlite_store.h"
#include "support/wait_for.h"

namespace greeter::testing {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

std::unique_ptr<store::SqliteStore> CopyIn(const std::string& directory) {
  if (directory.empty()) return nullptr;
  auto opened = store::SqliteStore::Open(directory, {});
  EXPECT_TRUE(opened.ok()) << opened.status();
  return *std::move(opened);
}

// Waits for what the controller delivers.
template <class T, class Ask>
T Await(Ask ask) {
  std::promise<T> promise;
  ask([&promise](T answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
}

}  // namespace

class Replica::Log : public spdlog::sinks::base_sink<std::mutex> {
 public:
  std::string text() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return text_;
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& record) override {
    text_.append(record.payload.data(), record.payload.size()).append("\n");
  }
  void flush_() override {}

 private:
  std::string text_;
};

Replica::Replica(const std::string& etcd, const std::string& state)
    : log_(std::make_shared<Log>()),
      logger_("replica", log_),
      client_({.endpoints = {etcd}}),
      store_(&client_, CopyIn(state), {.fleet = "web"}, &logger_),
      controller_(std::make_unique<control::Controller>(&data_plane_, &store_,
                                                        control::Controller::Options())) {
  controller_->Observe([this](const control::Snapshot& snapshot) {
    store_.Keep({snapshot.revision, snapshot.config, snapshot.file});
  });
  store_.Start([this] { controller_->StoreChanged(); });
  api::Config initial;
  api::Listener& listener = *initial.add_listeners();
  listener.set_name("default");
  listener.set_address(":1");
  listener.mutable_greeting()->set_text("Hello world");
  const absl::Status started = controller_->Start(initial);
  EXPECT_TRUE(started.ok()) << started;
}

Replica::~Replica() {
  controller_->Stop();
  store_.Stop();
}

absl::StatusOr<uint64_t> Replica::SetMessage(const std::string& text, uint64_t expected_revision) {
  api::SetMessageRequest request;
  request.mutable_greeting()->set_text(text);
  if (expected_revision > 0) request.mutable_change()->set_expected_revision(expected_revision);
  using Result = absl::StatusOr<control::Controller::ChangeResult>;
  const Result result = Await<Result>(
      [&](auto done) { controller_->Submit(control::SetMessage(request), std::move(done)); });
  if (!result.ok()) return result.status();
  return result->revision.number();
}

std::string Replica::text() const {
  const auto snapshot = controller_->snapshot();
  return snapshot->config.listeners_size() == 0 ? "nothing"
                                                : snapshot->config.listeners(0).greeting().text();
}

bool Replica::Says(const std::string& wanted) const {
  return WaitFor([&] { return text() == wanted; }, kPatience);
}

std::vector<uint64_t> Replica::History() {
  using Revisions = absl::StatusOr<std::vector<api::Revision>>;
  const Revisions revisions = Await<Revisions>([&](auto done) {
    controller_->ListRevisions(std::numeric_limits<uint64_t>::max(), 10'000, std::move(done));
  });
  EXPECT_TRUE(revisions.ok()) << revisions.status();
  std::vector<uint64_t> numbers;
  if (!revisions.ok()) return numbers;
  for (const api::Revision& revision : *revisions) numbers.push_back(revision.number());
  return numbers;
}

std::string Replica::log() const { return log_->text(); }

}  // namespace greeter::testing
