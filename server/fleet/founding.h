// How a fleet begins that has nothing: with the history of one greeterd, in as many transactions as
// that takes. Of several who found it at the same time one gets to the end; who dies on the way
// leaves nothing that counts (fleet/write_requests.h).

#ifndef GREETER_FLEET_FOUNDING_H_
#define GREETER_FLEET_FOUNDING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "control/config_store.h"
#include "etcd/client.h"
#include "etcd/rpc.pb.h"

namespace greeter::fleet {

// What a fleet is to begin with. Owned by one thread.
class History {
 public:
  // `newest` is given a write ID of its own.
  explicit History(control::Record newest);

  // Adds what was read as the revision `number`, which is one before those added so far. What can't
  // ever be read, or is too large for etcd, is left out; any other error is returned.
  absl::Status Add(uint64_t number, absl::StatusOr<control::Record> record);

  const control::Record& newest() const { return newest_; }
  const std::vector<control::Record>& older() const { return older_; }
  // A line for each revision that was left out, which says why.
  const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  control::Record newest_;
  std::vector<control::Record> older_;
  std::vector<std::string> left_out_;
};

// Returns the answer to the transaction that decided (fleet/write_requests.h): the fleet begins
// with `history`, if that HasRecorded() its newest, or else had begun before. Any thread. Blocks:
// no attempt begins after `deadline`, and one takes as long as its transactions do. Errors:
// - RESOURCE_EXHAUSTED: the newest Config is too large for etcd.
// - DEADLINE_EXCEEDED: it is not known whether the fleet has begun.
// - UNAVAILABLE: others begin it at the same time, again and again.
// - Those of `client`: then it has not.
absl::StatusOr<etcdserverpb::TxnResponse> Found(etcd::Client& client, const std::string& fleet,
                                                const History& history, absl::Time deadline);

}  // namespace greeter::fleet

#endif  // GREETER_FLEET_FOUNDING_H_
