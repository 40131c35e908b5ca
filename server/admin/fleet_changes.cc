#include "admin/fleet_changes.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "admin/fleet_wait.h"

namespace greeter::admin {
namespace {

using ChangeDone = control::Controller::ChangeDone;
using ChangeResult = control::Controller::ChangeResult;

// Of a call without a deadline.
constexpr absl::Duration kLongestWait = absl::Minutes(1);
// Left to the answer on its way: one part in so many of the time there is, and at most so long.
constexpr int kAnswerPart = 4;
constexpr absl::Duration kLongestAnswer = absl::Seconds(1);

absl::Duration Patience(absl::Time deadline) {
  const absl::Duration left = std::max(deadline - absl::Now(), absl::ZeroDuration());
  if (left == absl::InfiniteDuration()) return kLongestWait;
  return left - std::min(left / kAnswerPart, kLongestAnswer);
}

// Of a change that the fleet waits for, as far as undoing it needs.
struct Undo {
  uint64_t revision = 0;
  uint64_t before = 0;
  std::string author;
  std::string peer;
};

void RollBack(control::Controller* controller, const Undo& undo, const absl::Status& refusal,
              ChangeDone done) {
  api::RollBackRequest request;
  request.set_revision(undo.before);
  request.mutable_change()->set_expected_revision(undo.revision);
  request.mutable_change()->set_comment(
      absl::StrCat("undoes revision ", undo.revision, ", which not every replica could apply"));
  control::Change change = control::RollBack(request);
  change.author = undo.author;
  change.peer = undo.peer;
  controller->Submit(std::move(change), [refusal, undo, done = std::move(done)](
                                            absl::StatusOr<ChangeResult> undone) mutable {
    done(absl::FailedPreconditionError(
        undone.ok()
            ? absl::StrCat("rolled back: revision ", undone->revision.number(),
                           " has the Config of revision ", undo.before, " again, for ",
                           refusal.message())
            : absl::StrCat(refusal.message(), "; not rolled back: ", undone.status().message())));
  });
}

}  // namespace

void FleetChanges::Submit(control::Change change, absl::Time deadline, ChangeDone done) const {
  const bool waits = change.options.wait() == api::WAIT_FLEET && !change.options.validate_only();
  if (!waits) return controller_->Submit(std::move(change), std::move(done));
  const bool rolls_back = change.options.roll_back_on_failure();
  Undo undo = {0, 0, change.author, change.peer};
  controller_->Submit(
      std::move(change), [=, controller = controller_, fleet = fleet_, calls = calls_,
                          done = std::move(done)](absl::StatusOr<ChangeResult> result) mutable {
        if (!result.ok()) return done(std::move(result));
        undo.revision = result->revision.number();
        undo.before = result->before;
        const bool can_undo = rolls_back && undo.before != undo.revision;
        const FleetWait::Request wait = {result->revision, Patience(deadline), can_undo};
        FleetWait::Begin(fleet, calls, wait,
                         [=, result = *std::move(result),
                          done = std::move(done)](FleetWait::Outcome outcome) mutable {
                           if (outcome.status.ok()) return done(std::move(result));
                           if (!can_undo || !outcome.refused)
                             return done(std::move(outcome.status));
                           RollBack(controller, undo, outcome.status, std::move(done));
                         });
      });
}

}  // namespace greeter::admin
