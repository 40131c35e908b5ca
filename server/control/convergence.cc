#include "control/convergence.h"

#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/defaults.h"
#include "control/controller.h"
#include "google/protobuf/util/message_differencer.h"

namespace greeter::control {
namespace {

using google::protobuf::util::MessageDifferencer;

// How often a change is made anew when others are first.
constexpr int kMostAttempts = 5;

bool Equal(const std::optional<api::FleetStatus>& a, const std::optional<api::FleetStatus>& b) {
  return a.has_value() == b.has_value() && (!a.has_value() || MessageDifferencer::Equals(*a, *b));
}

}  // namespace

std::optional<api::FleetStatus> Convergence::Status() const {
  std::optional<api::FleetStatus> status = sharing;
  if (status.has_value() && wanted.has_value()) {
    status->set_failed_revision(wanted->revision.number());
    *status->mutable_failed_time() = wanted->revision.time();
    status->set_error(std::string(failure.message()));
  }
  return status;
}

std::string NewWriteId() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) {
    absl::StrAppend(&id, absl::Hex(static_cast<uint32_t>(random()), absl::kZeroPad8));
  }
  return id;
}

void Controller::StoreChanged() {
  Post([this](const absl::Status& status) {
    if (status.ok() && snapshot() != nullptr) Converge();
  });
}

absl::StatusOr<Controller::ChangeResult> Controller::Decide(Change& change, Decision& decision) {
  for (int attempt = 1;; ++attempt) {
    decision.before = current_.revision.number();
    absl::StatusOr<ChangeResult> result = Execute(change);
    // Not the result's: a change that failed may have been recorded all the same.
    decision.after = current_.revision.number();
    if (!convergence_.sharing.has_value() || !absl::IsAborted(result.status())) return result;
    Converge();
    if (change.options.has_expected_revision() || attempt == kMostAttempts) return result;
  }
}

void Controller::Converge() {
  const std::optional<api::FleetStatus> before = convergence_.Status();
  if (convergence_.beginning.has_value()) {
    const absl::Status settled = Settle();
    if (!settled.ok() && !IsForLater(settled)) {
      convergence_.sharing->set_problem(std::string(settled.message()));
    }
  } else {
    absl::StatusOr<std::optional<Record>> latest = store_->Latest();
    convergence_.sharing = store_->sharing();
    if (latest.ok() && latest->has_value()) Adopt(**std::move(latest));
  }
  if (!Equal(before, convergence_.Status())) Publish();
}

void Controller::Adopt(Record record) {
  if (record.write_id == current_.write_id) {
    convergence_.wanted.reset();
    ScheduleRetry();
    return;
  }
  if (record.write_id == Newest().write_id) return;
  config::Complete(record.config);
  convergence_.wanted = std::move(record);
  Pursue();
  ScheduleRetry();
}

void Controller::Pursue() {
  Record& wanted = *convergence_.wanted;
  const std::vector<FieldViolation> violations = CheckConfig(wanted.config);
  if (!violations.empty()) {
    convergence_.failure = absl::FailedPreconditionError(
        absl::StrCat("is no valid Config here: ", InvalidArgument(violations).message()));
    return;
  }
  std::unique_ptr<DataPlane::Preparation> preparation = data_plane_->Prepare(wanted.config);
  // Where nothing serves yet, some of it is better than nothing.
  const bool is_first = current_.revision.number() == 0;
  convergence_.failure = CheckFailures({}, wanted.config, preparation->failures());
  if (!is_first && !convergence_.failure.ok()) return;
  Record record = std::move(wanted);
  convergence_.wanted.reset();
  ActivateAndPublish(std::move(preparation), std::move(record));
}

const Record& Controller::Newest() const {
  return convergence_.wanted.has_value() ? *convergence_.wanted : current_;
}

}  // namespace greeter::control
