// The live replicas, as what etcd holds below `replicas/` tells of them: put together from lists
// and events, which may overtake one another.
//
// Any thread. Owned by the membership.

#ifndef GREETER_FLEET_ROSTER_H_
#define GREETER_FLEET_ROSTER_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "absl/time/time.h"
#include "control/api.h"
#include "control/fleet.h"
#include "etcd/rpc.pb.h"

namespace greeter::fleet {

// How long a replica that says nothing is live.
inline constexpr absl::Duration kLease = absl::Seconds(15);

class Roster {
 public:
  // `prefix` is what keys of replicas begin with; the rest is the replica's id.
  explicit Roster(std::string prefix) : prefix_(std::move(prefix)) {}

  // Etcd's revision that what is known is of. To be had before a list is asked for.
  int64_t newest() const;
  // A linearizable list of all keys, asked for when newest() was `before`, answered at `now`. It
  // replaces what is known: who is not in it has left. Not if events that came meanwhile are newer;
  // but one that is older than `before` is of an etcd whose backup was restored.
  void List(const etcdserverpb::RangeResponse& response, int64_t before, absl::Time now);
  // One event of a watch, heard at `now`.
  void Hear(const mvccpb::Event& event, absl::Time now);

  // Shows what is known, ordered by id. A key that holds something else than a replica's record is
  // nobody.
  void Visit(control::Fleet::Visitor visitor) const;

 private:
  struct Entry {
    api::Replica replica;
    int64_t mod_revision = 0;
  };

  // mutex_ is held.
  void Put(const mvccpb::KeyValue& kv, absl::Time heard);
  std::string IdOf(const mvccpb::KeyValue& kv) const;

  // Constant after construction.
  const std::string prefix_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  uint64_t cluster_id_ = 0;
  // Etcd's revisions: of the last list that was taken, and of the last event or list.
  int64_t listed_ = 0;
  int64_t newest_ = 0;
  std::map<std::string, Entry> replicas_;
};

}  // namespace greeter::fleet

#endif  // GREETER_FLEET_ROSTER_H_
