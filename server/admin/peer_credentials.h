// Who is at the other end of a unix socket, as the kernel vouches for it (unix(7), SO_PEERCRED).

#ifndef GREETER_ADMIN_PEER_CREDENTIALS_H_
#define GREETER_ADMIN_PEER_CREDENTIALS_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace greeter::admin {

// Of a process at the time when it connected. Whom it has handed its socket to since, it answers
// for.
struct PeerCredentials {
  uid_t uid = 0;
  // Its primary group.
  gid_t gid = 0;
  // All its groups, the primary one first, none twice.
  std::vector<gid_t> groups;
  // The user's name; "uid 1234" for one that the system doesn't know.
  std::string user;
};

// Names of users, remembered for a while, for asking may take long: where users come from a
// directory service, it is a network's round trip. One owner, one thread.
class UserNames {
 public:
  // "uid 1234" if there is none, or the question fails. May block.
  std::string NameOf(uid_t uid);

 private:
  struct Entry {
    std::string name;
    absl::Time until;
  };
  std::map<uid_t, Entry> names_;
};

// Who connected `socket`, a connected unix socket; its name comes from `names`.
// FAILED_PRECONDITION if the kernel can't say. On the thread of `names`.
absl::StatusOr<PeerCredentials> ReadPeerCredentials(int socket, UserNames* names);

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_PEER_CREDENTIALS_H_
