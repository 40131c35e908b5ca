// What the control plane needs of a fleet: which replicas are live, and what each last said of
// itself. How they tell one another is the fleet's business.

#ifndef GREETER_CONTROL_FLEET_H_
#define GREETER_CONTROL_FLEET_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "control/api.h"

namespace greeter::control {

// The live replicas at one moment.
struct FleetView {
  // Empty: no fleet, one greeterd alone.
  std::string name;
  // Ordered by id, none twice.
  std::vector<api::Replica> replicas;
};

// Any thread may call every method.
class Fleet {
 public:
  // False: wants to see no more.
  using Visitor = absl::FunctionRef<bool(const api::Replica&)>;
  using LookDone = absl::AnyInvocable<void(absl::Status)>;
  // False: wants to hear no more.
  using Observer = std::function<bool()>;

  virtual ~Fleet() = default;

  // Empty: no fleet, one greeterd alone.
  virtual std::string name() const = 0;

  // Shows `visitor` every live replica once, in any order, as it was heard of last; this one, too,
  // as it is now. It must not wait, nor call the fleet.
  virtual void Visit(Visitor visitor) const = 0;

  // All that Visit() shows.
  FleetView view() const;

  // Asks who is live now. OK: from then on Visit() shows every replica that was live when this was
  // called. UNAVAILABLE: that could not be found out. `done` is called exactly once, on any thread,
  // perhaps before this returns; it must not wait.
  virtual void Look(LookDone done) = 0;

  // From now on `observer` is called whenever others have said something, which Visit() shows then;
  // on any thread. It must not wait.
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

// How far one replica is with one revision.
enum class Standing : char {
  // Has applied it, or a later one.
  kApplied,
  // Can't apply it, it says.
  kRefused,
  // Has said neither.
  kPending,
};
Standing StandingOf(const api::Replica& replica, const api::Revision& revision);

// How far the live replicas are with one revision: for each that has not applied it, or has a
// listener that FAILED, a line that says which and why, "web-2: …".
struct FleetProgress {
  std::vector<std::string> refused;
  // Have applied it, but have a listener that FAILED.
  std::vector<std::string> impaired;
  std::vector<std::string> pending;

  bool complete() const { return refused.empty() && impaired.empty() && pending.empty(); }
};

FleetProgress ProgressOf(const FleetView& view, const api::Revision& revision, absl::Time now);

// What waiting for `revision` comes to, if it ends with this: OK, FAILED_PRECONDITION if a replica
// refused or is impaired, else DEADLINE_EXCEEDED. Of many replicas, names some.
absl::Status Verdict(const FleetProgress& progress, uint64_t revision);

}  // namespace greeter::control

#endif  // GREETER_CONTROL_FLEET_H_
