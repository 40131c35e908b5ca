#include "observe/recent_changes.h"

#include <chrono>
#include <future>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace greeter::observe {
namespace {

constexpr absl::Duration kPatience = absl::Milliseconds(200);

// Waits for what the controller delivers; DEADLINE_EXCEEDED if it does not do so in time, and drops
// it then.
template <class T, class Ask>
absl::StatusOr<T> Await(absl::Time deadline, Ask ask) {
  auto promise = std::make_shared<std::promise<absl::StatusOr<T>>>();
  std::future<absl::StatusOr<T>> future = promise->get_future();
  ask([promise](absl::StatusOr<T> answer) { promise->set_value(std::move(answer)); });
  if (future.wait_until(absl::ToChronoTime(deadline)) != std::future_status::ready) {
    return absl::DeadlineExceededError("the controller is busy");
  }
  return future.get();
}

// What `config` holds of each listener, to be compared. The bytes are those of one program, which
// writes equal messages equally.
std::map<std::string, std::string> Forms(const api::Config& config) {
  std::map<std::string, std::string> forms;
  for (const api::Listener& listener : config.listeners()) {
    forms[listener.name()] = listener.SerializeAsString();
  }
  return forms;
}

}  // namespace

std::shared_ptr<const RecentChanges::Reading> RecentChanges::Read(
    const control::Snapshot& snapshot) {
  if (revision_ == snapshot.revision.number()) return latest_;
  // A fleet's, restored from a backup: what was known may be of another history.
  if (revision_ > snapshot.revision.number()) revision_ = 0;
  std::shared_ptr<const Reading> refreshed = Refresh(snapshot);
  if (refreshed == nullptr) return latest_;
  revision_ = snapshot.revision.number();
  latest_ = std::move(refreshed);
  return latest_;
}

std::shared_ptr<const RecentChanges::Reading> RecentChanges::Refresh(
    const control::Snapshot& snapshot) const {
  const absl::Time deadline = absl::Now() + kPatience;
  const uint64_t current = snapshot.revision.number();
  auto revisions = Await<std::vector<api::Revision>>(deadline, [&](auto done) {
    controller_->ListRevisions(current + 1, kRevisions, std::move(done));
  });
  if (!revisions.ok()) return nullptr;
  auto refreshed = std::make_shared<Reading>();
  refreshed->revisions = *std::move(revisions);

  // Back through the history, until every listener's change is found or was known.
  std::map<std::string, std::string> unexplained = Forms(snapshot.config);
  for (size_t i = 0; i < refreshed->revisions.size() && !unexplained.empty(); ++i) {
    const api::Revision& revision = refreshed->revisions[i];
    std::map<std::string, std::string> earlier;
    if (revision.number() == revision_) {
      for (const auto& [listener, change] : latest_->last_change) {
        if (unexplained.count(listener) > 0) refreshed->last_change[listener] = change;
      }
      break;
    }
    if (i + 1 < refreshed->revisions.size()) {
      const auto record = Await<control::Record>(deadline, [&](auto done) {
        controller_->GetConfig(refreshed->revisions[i + 1].number(), std::move(done));
      });
      if (absl::IsDeadlineExceeded(record.status())) return nullptr;
      // What can't be read now never can.
      if (!record.ok()) break;
      earlier = Forms(record->config);
    } else if (revision.number() > 1) {
      break;
    }
    std::erase_if(unexplained, [&](const auto& form) {
      const auto found = earlier.find(form.first);
      if (found != earlier.end() && found->second == form.second) return false;
      refreshed->last_change[form.first] = revision;
      return true;
    });
  }
  return refreshed;
}

}  // namespace greeter::observe
