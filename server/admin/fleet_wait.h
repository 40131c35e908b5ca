// Waits until every live replica of a fleet has applied a revision, or until it is clear that they
// won't in time. Nobody's thread waits: it is told when replicas have said something, and has an
// alarm.

#ifndef GREETER_ADMIN_FLEET_WAIT_H_
#define GREETER_ADMIN_FLEET_WAIT_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "admin/open_calls.h"
#include "control/api.h"
#include "control/fleet.h"
#include "grpcpp/alarm.h"

namespace greeter::admin {

// Owned by itself: lives until it has ended and its alarm and the fleet are done with it.
class FleetWait final : public std::enable_shared_from_this<FleetWait> {
 public:
  struct Request {
    api::Revision revision;
    absl::Duration patience;
    // Ends as soon as one replica refuses, not only when all have said how they stand.
    bool ends_at_first_refusal = false;
  };
  struct Outcome {
    // control::Verdict()'s, or UNAVAILABLE: who is live could not be found out, or `calls` stop.
    absl::Status status;
    // A replica can't apply the revision.
    bool refused = false;
  };
  using Done = absl::AnyInvocable<void(Outcome)>;

  // `done` is called exactly once, on any thread, and must not wait. Any thread; `fleet` and
  // `calls` outlive what `calls` count, of which this is one.
  static void Begin(control::Fleet* fleet, OpenCalls* calls, const Request& request, Done done);

 private:
  FleetWait(control::Fleet* fleet, OpenCalls* calls, const Request& request, Done done);

  void Start();
  // The fleet has been asked who is live.
  void Looked(const absl::Status& status);
  // Ends the wait if the fleet is as far as it can get.
  void Judge();
  // Whether it clearly is not: every answer of every replica is followed by a look, which must cost
  // less than a view of them all.
  bool IsUndecided() const;
  void TimeIsUp();
  // The first call counts.
  void End(Outcome outcome);

  // Constant after construction.
  control::Fleet* const fleet_;
  OpenCalls* const calls_;
  const Request request_;

  // Guarded by mutex_.
  std::mutex mutex_;
  grpc::Alarm alarm_;
  std::optional<uint64_t> number_;
  // Before, the fleet's view may lack replicas that are live.
  bool looked_ = false;
  bool ended_ = false;
  Done done_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_FLEET_WAIT_H_
