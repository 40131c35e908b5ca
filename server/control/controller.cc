#include "control/controller.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "control/connection_counts.h"
#include "control/validation.h"
#include "google/protobuf/util/time_util.h"

namespace greeter::control {
namespace {

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  return google::protobuf::util::TimeUtil::NanosecondsToTimestamp(absl::ToUnixNanos(time));
}

absl::Status Stopping() {
  return absl::UnavailableError("greeterd is stopping; nothing changed; try again when it is back");
}

// What an operator should know of the fleet.
std::vector<std::string> FleetWarnings(const Snapshot& snapshot) {
  std::vector<std::string> warnings;
  if (!snapshot.fleet.has_value()) return warnings;
  const std::string name = absl::StrCat("the fleet \"", snapshot.fleet->name(), "\"");
  if (snapshot.fleet->stale()) {
    const uint64_t revision = snapshot.revision.number();
    const std::string served = revision > 0
                                   ? absl::StrCat("revision ", revision, ", known last, is served")
                                   : "nothing is served";
    warnings.push_back(absl::StrCat(name, " can't be heard, and ", served,
                                    "; changes are refused: ", snapshot.fleet->problem()));
  } else if (!snapshot.fleet->problem().empty()) {
    warnings.push_back(absl::StrCat(name, ": ", snapshot.fleet->problem()));
  }
  if (snapshot.fleet->failed_revision() > 0) {
    warnings.push_back(absl::StrCat(
        name, " has revision ", snapshot.fleet->failed_revision(),
        ", which can't be applied here and is tried again: ", snapshot.fleet->error()));
  }
  return warnings;
}

// All of them if `listener` is empty.
absl::StatusOr<std::vector<api::ListenerStatus>> Select(const Snapshot& snapshot,
                                                        const std::string& listener) {
  if (listener.empty()) return snapshot.listeners;
  for (const api::ListenerStatus& status : snapshot.listeners) {
    if (status.name() == listener) return std::vector<api::ListenerStatus>{status};
  }
  return UnknownListener(listener, snapshot.config);
}

}  // namespace

bool Snapshot::serving() const {
  bool any = false;
  for (const api::ListenerStatus& listener : listeners) {
    if (listener.state() == api::ListenerStatus::STATE_FAILED) return false;
    any = any || listener.state() == api::ListenerStatus::STATE_LISTENING;
  }
  return any;
}

Controller::Controller(DataPlane* data_plane, ConfigStore* store, Options options)
    : data_plane_(data_plane), store_(store), options_(std::move(options)) {}

Controller::~Controller() { Stop(); }

void Controller::Observe(Observer observer) { observers_.push_back(std::move(observer)); }

absl::Status Controller::Start(api::Config initial, std::optional<std::string> file_hash) {
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<absl::Status> answer;
  thread_ = std::thread(&Controller::Run, this);
  Post([&](absl::Status status) {
    if (status.ok()) status = Begin(std::move(initial), std::move(file_hash));
    const std::lock_guard<std::mutex> lock(mutex);
    answer = std::move(status);
    answered.notify_one();
  });
  {
    std::unique_lock<std::mutex> lock(mutex);
    answered.wait(lock, [&answer] { return answer.has_value(); });
  }
  if (!answer->ok()) Stop();
  return *std::move(answer);
}

void Controller::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  RefuseQueued();
}

void Controller::Submit(Change change, ChangeDone done) {
  Post([this, change = std::move(change), done = std::move(done)](absl::Status status) mutable {
    Decision decision = DecisionOn(change);
    absl::StatusOr<ChangeResult> result =
        status.ok() ? Decide(change, decision) : absl::StatusOr<ChangeResult>(std::move(status));
    decision.outcome = result.status().code();
    decision.reason = std::string(result.status().message());
    options_.audit(decision);
    done(std::move(result));
  });
}

Decision Controller::DecisionOn(const Change& change) const {
  Decision decision;
  decision.action = change.action;
  decision.author = change.author;
  decision.peer = change.peer;
  decision.comment = change.options.comment();
  decision.validate_only = change.options.validate_only();
  if (const auto current = snapshot(); current != nullptr) {
    decision.before = decision.after = current->revision.number();
  }
  return decision;
}

void Controller::GetConfig(std::optional<uint64_t> revision, ConfigDone done) {
  const std::shared_ptr<const Snapshot> current = snapshot();
  if (!revision.has_value() || *revision == current->revision.number()) {
    done(Record{current->revision, current->config, current->file});
    return;
  }
  Post([this, revision = *revision, done = std::move(done)](absl::Status status) mutable {
    if (status.ok()) {
      done(Load(revision));
    } else {
      done(std::move(status));
    }
  });
}

void Controller::ListRevisions(uint64_t before, size_t limit, RevisionsDone done) {
  Post([this, before, limit, done = std::move(done)](absl::Status status) mutable {
    if (status.ok()) {
      done(store_->List(before, limit));
    } else {
      done(std::move(status));
    }
  });
}

std::shared_ptr<const Snapshot> Controller::snapshot() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return snapshot_;
}

absl::StatusOr<api::ServerStatus> Controller::GetStatus(const std::string& listener) const {
  const std::shared_ptr<const Snapshot> current = snapshot();
  absl::StatusOr<std::vector<api::ListenerStatus>> selected = Select(*current, listener);
  if (!selected.ok()) return selected.status();
  api::ServerStatus status;
  status.set_server_id(options_.identity.server_id);
  status.set_version(options_.identity.version);
  for (const std::string& warning : options_.identity.warnings) status.add_warnings(warning);
  for (std::string& warning : FleetWarnings(*current)) status.add_warnings(std::move(warning));
  *status.mutable_start_time() = ToTimestamp(options_.identity.start_time);
  *status.mutable_revision() = current->revision;
  if (current->fleet.has_value()) *status.mutable_fleet() = *current->fleet;
  if (!options_.identity.config_file.empty() && current->file.has_value()) {
    api::ConfigFile& file = *status.mutable_config_file();
    file.set_path(options_.identity.config_file);
    file.set_revision(current->file->revision);
    file.set_changed_since(current->file->revision != current->revision.number());
  }
  for (api::ListenerStatus& entry : WithCounts(*std::move(selected))) {
    *status.add_listeners() = std::move(entry);
  }
  return status;
}

absl::StatusOr<api::GetConnectionCountsResponse> Controller::GetCounts(
    const std::string& listener) const {
  absl::StatusOr<std::vector<api::ListenerStatus>> selected = Select(*snapshot(), listener);
  if (!selected.ok()) return selected.status();
  api::GetConnectionCountsResponse response;
  response.mutable_total();
  for (api::ListenerStatus& entry : WithCounts(*std::move(selected))) {
    Add(entry.counts(), *response.mutable_total());
    api::ListenerCounts& counts = *response.add_listeners();
    counts.set_name(entry.name());
    *counts.mutable_counts() = std::move(*entry.mutable_counts());
  }
  return response;
}

std::vector<api::ListenerStatus> Controller::WithCounts(
    std::vector<api::ListenerStatus> listeners) const {
  for (api::ListenerStatus& listener : listeners) {
    *listener.mutable_counts() = data_plane_->Counts(listener.name());
  }
  return listeners;
}

void Controller::Post(Task task) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!stopping_) {
      tasks_.push_back(std::move(task));
      wake_.notify_one();
      return;
    }
  }
  task(Stopping());
}

void Controller::Run() {
  const auto called = [this] { return stopping_ || !tasks_.empty(); };
  while (true) {
    Task task;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (retry_at_.has_value()) {
        wake_.wait_until(lock, *retry_at_, called);
      } else {
        wake_.wait(lock, called);
      }
      if (stopping_) break;
      if (!tasks_.empty()) {
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
    }
    if (retry_at_.has_value() && std::chrono::steady_clock::now() >= *retry_at_) Reconcile();
    if (task) task(absl::OkStatus());
  }
  RefuseQueued();
}

void Controller::RefuseQueued() {
  std::deque<Task> queued;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    queued.swap(tasks_);
  }
  for (Task& task : queued) task(Stopping());
}

}  // namespace greeter::control
