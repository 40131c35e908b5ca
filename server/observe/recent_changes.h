// The newest revisions, and which of them changed each listener last: read from the history once
// for every revision, however many look. Used by one thread.

#ifndef GREETER_OBSERVE_RECENT_CHANGES_H_
#define GREETER_OBSERVE_RECENT_CHANGES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/api.h"
#include "control/controller.h"

namespace greeter::observe {

class RecentChanges {
 public:
  static constexpr size_t kRevisions = 20;

  struct Reading {
    // Newest first, at most kRevisions.
    std::vector<api::Revision> revisions;
    // By listener: the revision that gave it its present form; none if that was before all of
    // `revisions`.
    std::map<std::string, api::Revision> last_change;
  };

  // `controller` outlives this.
  explicit RecentChanges(control::Controller* controller) : controller_(controller) {}

  // As of `snapshot`; as of an earlier one while the history can't be read, or not within 200 ms,
  // because a change is being made. After the controller's Start().
  std::shared_ptr<const Reading> Read(const control::Snapshot& snapshot);

 private:
  // Null if it could not be read in time.
  std::shared_ptr<const Reading> Refresh(const control::Snapshot& snapshot) const;

  // Constant after construction.
  control::Controller* const controller_;

  // Owned by the thread that reads.
  uint64_t revision_ = 0;
  std::shared_ptr<const Reading> latest_ = std::make_shared<const Reading>();
};

}  // namespace greeter::observe

#endif  // GREETER_OBSERVE_RECENT_CHANGES_H_
