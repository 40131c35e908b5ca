// A record as it is kept in etcd: bytes of a greeter.fleet.v1.StoredRevision. Fields that only a
// newer greeterd knows are kept. Any thread.

#ifndef GREETER_FLEET_STORED_RECORD_H_
#define GREETER_FLEET_STORED_RECORD_H_

#include <string>

#include "absl/status/statusor.h"
#include "control/config_store.h"

namespace greeter::fleet {

std::string Encode(const control::Record& record);

// DATA_LOSS if `key` holds anything else; names it, and what to do.
absl::StatusOr<control::Record> Decode(const std::string& key, const std::string& bytes);

}  // namespace greeter::fleet

#endif  // GREETER_FLEET_STORED_RECORD_H_
