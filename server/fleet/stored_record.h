// A record as it is kept in etcd: bytes of a greeter.fleet.v1.StoredRevision. Fields that only a
// newer greeterd knows are kept. Any thread.

#ifndef GREETER_FLEET_STORED_RECORD_H_
#define GREETER_FLEET_STORED_RECORD_H_

#include <string>

#include "absl/status/statusor.h"
#include "control/config_store.h"
#include "google/protobuf/util/time_util.h"

namespace greeter::fleet {

std::string Encode(const control::Record& record);

// DATA_LOSS if `key` holds anything else; names it, and what to do.
absl::StatusOr<control::Record> Decode(const std::string& key, const std::string& bytes);

// Whether they are one revision of one history: after a restored backup, numbers are given out
// again.
inline bool IsSame(const api::Revision& a, const api::Revision& b) {
  return a.number() == b.number() && a.time() == b.time();
}

}  // namespace greeter::fleet

#endif  // GREETER_FLEET_STORED_RECORD_H_
