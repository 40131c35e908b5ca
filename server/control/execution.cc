// The controller's work on its own thread: changing, retrying. Queue, thread and reads
// are in controller.cc.

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/defaults.h"
#include "control/controller.h"
#include "control/validation.h"
#include "google/protobuf/util/message_differencer.h"
#include "google/protobuf/util/time_util.h"

namespace greeter::control {
namespace {

using google::protobuf::util::TimeUtil;

using Failures = std::map<std::string, absl::Status>;

constexpr size_t kMostFailuresListed = 8;
constexpr absl::Duration kLeastRetryDelay = absl::Milliseconds(1);

// How far ahead the clock of the one that made the revision before may have been: farther, it was
// wrong, and not followed.
constexpr absl::Duration kMostAhead = absl::Hours(1);

// Of a revision that is made now, after one of the time `before`.
google::protobuf::Timestamp TimeAfter(const google::protobuf::Timestamp& before) {
  const absl::Time last = absl::FromUnixNanos(TimeUtil::TimestampToNanoseconds(before));
  absl::Time time = absl::Now();
  if (last >= time && last <= time + kMostAhead) {
    // Two that follow the same one, before and after a backup was restored, are told apart by it.
    time = last + absl::Nanoseconds(1 + absl::ToUnixNanos(time) % 1'000'000);
  }
  return TimeUtil::NanosecondsToTimestamp(absl::ToUnixNanos(time));
}

int IndexOf(const api::Config& config, const std::string& name) {
  for (int i = 0; i < config.listeners_size(); ++i) {
    if (config.listeners(i).name() == name) return i;
  }
  return -1;
}

// The address of `name` in `config`; empty if it isn't there.
std::string AddressOf(const api::Config& config, const std::string& name) {
  const int index = IndexOf(config, name);
  return index < 0 ? "" : config.listeners(index).address();
}

absl::Status CheckExpectedRevision(const api::ChangeOptions& options, uint64_t current) {
  if (!options.has_expected_revision() || options.expected_revision() == current) {
    return absl::OkStatus();
  }
  return absl::AbortedError(absl::StrCat(
      "the current revision is ", current, ", not ", options.expected_revision(),
      " as the change expects; read the Config again, then repeat the change expecting ", current));
}

// Turns paths that start at the Config into paths that start at the change's request.
std::vector<FieldViolation> InRequest(std::vector<FieldViolation> violations, const Change& change,
                                      const api::Config& desired) {
  const std::string listener = absl::StrCat("listeners[", IndexOf(desired, change.listener), "].");
  if (change.file_hash.has_value()) return violations;
  for (FieldViolation& violation : violations) {
    if (change.listener.empty()) {
      violation.field.insert(0, "config.");
    } else if (absl::StartsWith(violation.field, listener)) {
      violation.field.erase(0, listener.size());
    }
  }
  return violations;
}

// Why a change could not be recorded, for the operator.
absl::Status NotRecorded(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kDeadlineExceeded:
      return absl::DeadlineExceededError(
          absl::StrCat(status.message(), "; read the Config before repeating the change"));
    case absl::StatusCode::kAborted:
      return absl::AbortedError(absl::StrCat("nothing changed: ", status.message(),
                                             "; read the Config again, then repeat the change"));
    case absl::StatusCode::kResourceExhausted:
      return absl::ResourceExhaustedError(absl::StrCat("nothing changed: ", status.message()));
    default:
      return absl::UnavailableError(
          absl::StrCat("nothing changed: the change could not be recorded: ", status.message()));
  }
}

std::chrono::steady_clock::time_point After(absl::Duration delay) {
  return std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(delay);
}

}  // namespace

absl::StatusOr<Controller::ChangeResult> Controller::Execute(Change& change) {
  if (convergence_.sharing.has_value() && Newest().revision.number() == 0) {
    return absl::UnavailableError(
        absl::StrCat("nothing changed: ", convergence_.sharing->problem()));
  }
  absl::Status status = CheckExpectedRevision(change.options, Newest().revision.number());
  if (!status.ok()) return status;
  absl::StatusOr<api::Config> made = Desire(change);
  if (!made.ok()) return made.status();
  api::Config desired = *std::move(made);

  const bool is_same = !IsOtherFile(Newest(), change.file_hash) &&
                       google::protobuf::util::MessageDifferencer::Equals(desired, Newest().config);
  const bool retries = convergence_.wanted.has_value() ||
                       (change.must_listen && failures_.count(change.listener) > 0);
  const auto result = [this, &change, before = Newest().revision.number()](
                          const Record& record, std::vector<api::ListenerStatus> listeners) {
    return ChangeResult{record.revision, before, WithCounts(std::move(listeners)),
                        change.listener.empty() ? record.config : api::Config()};
  };
  if (is_same && !retries) return result(current_, data_plane_->Observe());

  std::unique_ptr<DataPlane::Preparation> preparation = data_plane_->Prepare(desired);
  status = CheckFailures(change, desired, preparation->failures());
  if (!status.ok()) {
    return absl::FailedPreconditionError(absl::StrCat("nothing changed: ", status.message()));
  }

  Record next = is_same ? Newest() : NextRecord(change, Newest(), std::move(desired));
  if (change.options.validate_only()) {
    return result(next, Foresee(next, preparation->failures()));
  }
  if (!is_same) {
    status = store_->Append(next);
    if (!status.ok()) return NotRecorded(status);
    // What was the matter with what is stored, this may have mended.
    convergence_.sharing = store_->sharing();
  }
  convergence_.wanted.reset();
  const Failures before = failures_;
  ActivateAndPublish(std::move(preparation), std::move(next));
  for (const auto& [name, failure] : failures_) {
    const bool is_old = before.count(name) > 0;
    if (is_old && !(change.must_listen && name == change.listener)) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "revision ", current_.revision.number(), " is recorded, but listener ", Quoted(name),
        " could not begin to listen and is tried again: ", failure.message()));
  }
  return result(current_, snapshot()->listeners);
}

absl::StatusOr<api::Config> Controller::Desire(Change& change) {
  api::Config desired;
  if (change.from_revision.has_value()) {
    absl::StatusOr<Record> earlier = Load(*change.from_revision);
    if (!earlier.ok()) return earlier.status();
    desired = std::move(earlier->config);
  } else {
    desired = Newest().config;
  }
  absl::Status status = change.edit(desired);
  if (!status.ok()) return status;
  config::Complete(desired);
  std::vector<FieldViolation> violations = ValidateOptions(change.options);
  std::vector<FieldViolation> found = CheckConfig(desired);
  // What is wrong with an earlier Config is nothing in the request.
  if (change.from_revision.has_value() && violations.empty() && !found.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("nothing changed: revision ", *change.from_revision,
                     " holds no valid Config for this version: ", InvalidArgument(found).message(),
                     "; mend a copy of it and apply that"));
  }
  for (FieldViolation& violation : InRequest(std::move(found), change, desired)) {
    violations.push_back(std::move(violation));
  }
  if (!violations.empty()) return InvalidArgument(violations);
  return desired;
}

absl::StatusOr<Record> Controller::Load(uint64_t revision) {
  const uint64_t current = Newest().revision.number();
  if (revision == current) return Newest();
  if (revision == 0 || revision > current) {
    return absl::NotFoundError(
        absl::StrCat("no revision ", revision, "; the current one is ", current));
  }
  return store_->Get(revision);
}

void Controller::Reconcile() {
  if (convergence_.wanted.has_value()) {
    const std::string reason(convergence_.failure.message());
    Pursue();
    if (convergence_.wanted.has_value() && convergence_.failure.message() != reason) Publish();
  }
  std::unique_ptr<DataPlane::Preparation> preparation = data_plane_->Prepare(current_.config);
  if (preparation->failures() != failures_) ActivateAndPublish(std::move(preparation), current_);
  if (failures_.empty() && !convergence_.wanted.has_value()) return;
  retry_delay_ = std::min(retry_delay_ * 2, std::max(options_.retry_max, kLeastRetryDelay));
  retry_at_ = After(retry_delay_);
}

void Controller::ScheduleRetry() {
  if (failures_.empty() && !convergence_.wanted.has_value()) {
    retry_at_.reset();
  } else if (!retry_at_.has_value()) {
    retry_delay_ = std::max(options_.retry_initial, kLeastRetryDelay);
    retry_at_ = After(retry_delay_);
  }
}

void Controller::ActivateAndPublish(std::unique_ptr<DataPlane::Preparation> preparation,
                                    Record record) {
  data_plane_->Activate(std::move(preparation), record.revision.number());
  // Seen, not foreseen: a listener that was prepared may still fail when it is to listen.
  failures_.clear();
  for (const api::ListenerStatus& listener : data_plane_->Observe()) {
    if (listener.state() == api::ListenerStatus::STATE_FAILED) {
      failures_.emplace(listener.name(), absl::FailedPreconditionError(listener.error()));
    }
  }
  current_ = std::move(record);
  ScheduleRetry();
  Publish();
}

void Controller::Publish() {
  auto published =
      std::make_shared<const Snapshot>(Snapshot{current_.revision, current_.config, current_.file,
                                                data_plane_->Observe(), convergence_.Status()});
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    snapshot_ = published;
  }
  for (const Observer& observer : observers_) observer(*published);
}

std::vector<FieldViolation> Controller::CheckConfig(const api::Config& config) const {
  std::vector<FieldViolation> violations = Validate(config);
  if (config.listeners_size() > kMaxListeners) return violations;
  const size_t ours = violations.size();
  for (FieldViolation& violation : data_plane_->Check(config)) {
    // An address that is missing needs not be told that it doesn't parse.
    const bool known = std::any_of(
        violations.begin(), violations.begin() + static_cast<std::ptrdiff_t>(ours),
        [&violation](const FieldViolation& other) { return other.field == violation.field; });
    if (!known) violations.push_back(std::move(violation));
  }
  return violations;
}

absl::Status Controller::CheckFailures(const Change& change, const api::Config& desired,
                                       const Failures& failures) const {
  std::vector<std::string> reasons;
  for (const auto& [name, failure] : failures) {
    // What was FAILED already is none of this change's doing.
    const bool is_old =
        failures_.count(name) > 0 && AddressOf(desired, name) == AddressOf(current_.config, name);
    if (is_old && !(change.must_listen && change.listener == name)) continue;
    reasons.push_back(absl::StrCat("listener ", Quoted(name), ": ", failure.message()));
  }
  if (reasons.empty()) return absl::OkStatus();
  const size_t listed = std::min(reasons.size(), kMostFailuresListed);
  const std::string more =
      listed < reasons.size() ? absl::StrCat("; and ", reasons.size() - listed, " more") : "";
  reasons.resize(listed);
  return absl::FailedPreconditionError(absl::StrCat(absl::StrJoin(reasons, "; "), more));
}

std::vector<api::ListenerStatus> Controller::Foresee(const Record& record,
                                                     const Failures& failures) const {
  const std::vector<api::ListenerStatus> observed = data_plane_->Observe();
  std::vector<api::ListenerStatus> foreseen;
  for (const api::Listener& listener : record.config.listeners()) {
    api::ListenerStatus& status = foreseen.emplace_back();
    status.set_name(listener.name());
    status.set_applied_revision(record.revision.number());
    const auto failure = failures.find(listener.name());
    if (!listener.enabled()) {
      status.set_state(api::ListenerStatus::STATE_STOPPED);
    } else if (failure != failures.end()) {
      status.set_state(api::ListenerStatus::STATE_FAILED);
      status.set_error(std::string(failure->second.message()));
    } else {
      status.set_state(api::ListenerStatus::STATE_LISTENING);
      if (listener.address() != AddressOf(current_.config, listener.name())) continue;
      for (const api::ListenerStatus& now : observed) {
        if (now.name() == listener.name()) status.set_bound_address(now.bound_address());
      }
    }
  }
  return foreseen;
}

Record Controller::NextRecord(const Change& change, const Record& base, api::Config config) const {
  Record record;
  record.revision.set_number(base.revision.number() + 1);
  *record.revision.mutable_time() = TimeAfter(base.revision.time());
  record.revision.set_author(change.author);
  record.revision.set_action(change.action);
  record.revision.set_comment(change.options.comment());
  record.config = std::move(config);
  record.file = base.file;
  record.write_id = NewWriteId();
  record.follows = base.write_id;
  if (change.file_hash.has_value()) {
    record.file = AppliedFile{*change.file_hash, record.revision.number()};
  }
  return record;
}

}  // namespace greeter::control
