// How the controller begins: with what the store has, or with what it was given.

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/defaults.h"
#include "control/controller.h"

namespace greeter::control {
namespace {

// How often to begin anew when others are first.
constexpr int kMostAttempts = 5;

}  // namespace

absl::Status Controller::Begin(api::Config initial, std::optional<std::string> file_hash) {
  convergence_.beginning = Beginning{std::move(initial), std::move(file_hash)};
  absl::Status settled = Settle();
  if (settled.ok() || !convergence_.sharing.has_value() || !IsForLater(settled)) return settled;
  // Serves what is known, which may be nothing, until the others can be heard.
  absl::StatusOr<std::optional<Record>> latest = store_->Latest();
  Record record;
  if (latest.ok() && latest->has_value()) record = **std::move(latest);
  config::Complete(record.config);
  if (!CheckConfig(record.config).empty()) record = Record();
  std::unique_ptr<DataPlane::Preparation> preparation = data_plane_->Prepare(record.config);
  ActivateAndPublish(std::move(preparation), std::move(record));
  return absl::OkStatus();
}

absl::Status Controller::Settle() {
  absl::Status status = absl::AbortedError("");
  for (int i = 0; i < kMostAttempts && absl::IsAborted(status); ++i) status = TrySettle();
  return status;
}

absl::Status Controller::TrySettle() {
  absl::StatusOr<std::optional<Record>> latest = store_->Latest();
  convergence_.sharing = store_->sharing();
  if (!latest.ok()) return latest.status();
  const Beginning& beginning = *convergence_.beginning;
  const bool is_first = !latest->has_value();
  // What others have recorded meanwhile counts, and can't be known yet.
  const bool is_stale = convergence_.sharing.has_value() && convergence_.sharing->stale();
  const bool is_new = is_first || (!is_stale && IsOtherFile(**latest, beginning.file_hash));
  Change start;
  start.author = "greeterd";
  start.action = is_first ? "first start" : "start with a changed config file";
  start.file_hash = beginning.file_hash;
  const Record base = is_first ? Record() : **std::move(latest);
  Record record = is_new ? NextRecord(start, base, beginning.config) : base;
  config::Complete(record.config);
  if (!is_new && current_.revision.number() > 0) {
    // Something is served already, and goes on being served if this can't be.
    if (!is_stale) convergence_.beginning.reset();
    Adopt(std::move(record));
    return absl::OkStatus();
  }
  const std::vector<FieldViolation> violations = CheckConfig(record.config);
  if (!violations.empty()) {
    const absl::Status invalid = InvalidArgument(violations);
    if (is_new) return invalid;
    return absl::FailedPreconditionError(
        absl::StrCat("revision ", record.revision.number(),
                     " in the store is no valid Config for this version: ", invalid.message(),
                     "; start the version that recorded it, or begin with a new state directory"));
  }
  std::unique_ptr<DataPlane::Preparation> preparation = data_plane_->Prepare(record.config);
  if (is_new) {
    const absl::Status recorded = store_->Append(record);
    if (!is_first) {
      Decision decision = DecisionOn(start);
      decision.before = base.revision.number();
      decision.after = recorded.ok() ? record.revision.number() : decision.before;
      decision.outcome = recorded.code();
      decision.reason = std::string(recorded.message());
      options_.audit(decision);
    }
    if (!recorded.ok()) return recorded;
  }
  if (!is_stale) convergence_.beginning.reset();
  convergence_.wanted.reset();
  ActivateAndPublish(std::move(preparation), std::move(record));
  return absl::OkStatus();
}

}  // namespace greeter::control
