// This replica's place in its fleet: it makes itself known to the others in etcd, and knows them.
//
// Its record, `replicas/ID`, is bound to a lease of 15 s. It is written when something changes, and
// with a keep-alive every 5 s; if the lease has run out meanwhile (the process was paused, or cut
// off from etcd), with a new one. Nothing else is ever written, so one that wakes late puts nothing
// back but itself.
//
// The others are listed when somebody asks, and watched as long as somebody observes: replicas that
// all watched one another all the time would cost etcd the square of their number.
//
// Runs two threads: one writes and lists, one watches. Owned by main.

#ifndef GREETER_FLEET_MEMBERSHIP_H_
#define GREETER_FLEET_MEMBERSHIP_H_

#include <spdlog/logger.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "control/api.h"
#include "control/fleet.h"
#include "etcd/client.h"
#include "fleet/backoff.h"
#include "fleet/roster.h"

namespace greeter::fleet {

inline constexpr absl::Duration kHeartbeat = absl::Seconds(5);

class Membership final : public control::Fleet {
 public:
  // What this replica says of itself now, but for its admin address: control::DescribeReplica().
  // Any thread, must not wait.
  using Describe = std::function<api::Replica()>;

  // All must outlive it. `id` is the replica's, that `describe` gives.
  Membership(etcd::Client* client, const std::string& fleet, std::string id, Describe describe,
             spdlog::logger* logger);
  // As Leave(); the client has been stopped before.
  ~Membership() override;

  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  // Makes this replica known from now on, as soon as etcd answers, as one that takes admin calls at
  // `admin_address`. Once, by the owner.
  void Start(const std::string& admin_address);

  // What `describe` gives has changed, not only in counts. Any thread.
  void Changed();

  // Takes the record back, so that nobody waits for this replica any more; does not wait for that.
  // Idempotent, by the owner.
  void Leave();
  // Waits for it, but no longer than `patience`: etcd may be silent. After Leave(), by the owner.
  void WaitUntilLeft(absl::Duration patience);

  // As control::Fleet, after Start(); this replica is live, known to others or not. Looks after
  // Leave() are answered with UNAVAILABLE.
  std::string name() const override { return fleet_; }
  void Visit(Visitor visitor) const override;
  void Look(LookDone done) override;
  void Observe(Observer observer) override;

 private:
  using Clock = std::chrono::steady_clock;

  void RunWriter();
  // Gives the lease back, and the record with it.
  void Revoke();
  // Writes the record; `keeps_alive` first renews its lease. As of the client.
  absl::Status Write(bool keeps_alive);
  absl::Status Put(const api::Replica& replica);
  api::Replica Self() const;
  // Self(), with the rate.
  api::Replica Record();
  // Says once that etcd can't be written, and once that it can again.
  void Tell(const absl::Status& status);

  void RunWatcher();
  // Etcd's revision at that time.
  absl::StatusOr<int64_t> List();
  absl::Status Watch(int64_t from);
  // Calls the observers, and forgets those that want no more.
  void Publish();

  // Constant after construction.
  etcd::Client* const client_;
  const std::string fleet_;
  const std::string id_;
  const std::string prefix_;
  const Describe describe_;
  spdlog::logger* const logger_;

  // Constant after Start().
  std::string admin_address_;

  Roster roster_;

  // Owned by the writer thread.
  int64_t lease_ = 0;  // 0: none
  bool writes_fail_ = false;
  Backoff retry_{absl::Seconds(1), absl::Seconds(5)};
  uint64_t accepted_ = 0;
  std::optional<Clock::time_point> counted_;  // unset: accepted_ was never read
  std::optional<double> accept_rate_;

  // Owned by the watcher thread.
  Backoff backoff_{absl::Milliseconds(100), absl::Seconds(5)};

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_writer_;
  std::condition_variable wake_watcher_;
  std::condition_variable wake_owner_;
  bool changed_ = true;
  bool left_ = false;
  bool writing_ = false;  // the writer thread has not ended
  std::vector<LookDone> looks_;
  std::map<uint64_t, Observer> observers_;  // by number
  uint64_t last_observer_ = 0;

  // Owned by the owner.
  std::thread writer_;
  std::thread watcher_;
};

}  // namespace greeter::fleet

#endif  // GREETER_FLEET_MEMBERSHIP_H_
