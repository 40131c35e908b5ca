// What the control plane needs of a fleet: which replicas are live, and what each last said of
// itself. How they tell one another is the fleet's business.

#ifndef GREETER_CONTROL_FLEET_H_
#define GREETER_CONTROL_FLEET_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "control/api.h"

namespace greeter::control {

// The live replicas at one moment; immutable once it is published.
struct FleetView {
  // Empty: no fleet, one greeterd alone.
  std::string name;
  // Ordered by id, none twice.
  std::vector<api::Replica> replicas;
};

// Any thread may call every method.
class Fleet {
 public:
  using LookDone = absl::AnyInvocable<void(absl::Status)>;
  // False: wants to hear no more.
  using Observer = std::function<bool()>;

  virtual ~Fleet() = default;

  // What was heard last, this replica included once it has made itself known. Never null, never
  // waits.
  virtual std::shared_ptr<const FleetView> view() const = 0;

  // Asks who is live now. OK: from then on view() has every replica that was live when this was
  // called. UNAVAILABLE: that could not be found out. `done` is called exactly once, on any thread,
  // perhaps before this returns; it must not wait.
  virtual void Look(LookDone done) = 0;

  // From now on `observer` is called whenever others have said something, which view() has then; on
  // any thread. It must not wait.
  virtual void Observe(Observer observer) = 0;
};

// How long a live replica may say nothing before it is STATE_SILENT: two of its heartbeats.
inline constexpr absl::Duration kReplicaSilence = absl::Seconds(10);

// What a greeterd with this status, of all its listeners, and this admin address says of itself;
// without accept_rate, and with `now` for last_heard.
api::Replica DescribeReplica(const api::ServerStatus& status, const std::string& admin_address,
                             absl::Time now);

// `view` as ListReplicas answers it: with sums, and with silence as of `now`.
api::ListReplicasResponse ListReplicas(const FleetView& view, absl::Time now);

// How far the live replicas are with one revision: for each that has not applied it, or has a
// listener that FAILED, a line that says which and why, "web-2: …".
struct FleetProgress {
  // Can't apply it, they say.
  std::vector<std::string> refused;
  // Have applied it, or a later one, but have a listener that FAILED.
  std::vector<std::string> impaired;
  // Have said neither.
  std::vector<std::string> pending;

  bool complete() const { return refused.empty() && impaired.empty() && pending.empty(); }
};

FleetProgress ProgressOf(const FleetView& view, uint64_t revision, absl::Time now);

// What waiting for `revision` comes to, if it ends with this: OK, FAILED_PRECONDITION if a replica
// refused or is impaired, else DEADLINE_EXCEEDED. Of many replicas, names some.
absl::Status Verdict(const FleetProgress& progress, uint64_t revision);

}  // namespace greeter::control

#endif  // GREETER_CONTROL_FLEET_H_
