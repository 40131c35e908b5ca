// Where a fleet keeps what in etcd. Any thread.

#ifndef GREETER_FLEET_KEYS_H_
#define GREETER_FLEET_KEYS_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"

namespace greeter::fleet {

// All that the fleet `name` has begins with it: "/greeter/NAME/".
inline std::string Prefix(const std::string& name) { return absl::StrCat("/greeter/", name, "/"); }

// The current revision: a StoredRevision.
inline std::string ConfigKey(const std::string& name) { return Prefix(name) + "config"; }

// One revision of the history: a StoredRevision. In etcd's order, which is by bytes, numbers come
// in theirs.
inline std::string RevisionKey(const std::string& name, uint64_t number) {
  return absl::StrCat(Prefix(name), "revisions/", absl::Dec(number, absl::kZeroPad20));
}

// Who is about to begin the fleet with a history; see write_requests.h.
inline std::string FounderKey(const std::string& name) { return Prefix(name) + "founder"; }

// The replica ID's record, for as long as it is live, is at this and the ID.
inline std::string ReplicasPrefix(const std::string& name) { return Prefix(name) + "replicas/"; }

}  // namespace greeter::fleet

#endif  // GREETER_FLEET_KEYS_H_
