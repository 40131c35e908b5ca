#include "admin/peer_credentials.h"

#include <pwd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "net/errors.h"

namespace greeter::admin {
namespace {

// How long a name is remembered. Users are renamed rarely, and created more often.
constexpr absl::Duration kNameLifetime = absl::Minutes(1);
// Users are few where an admin socket is; more than this are forgotten together.
constexpr size_t kMaxNames = 1000;
// An entry of the user database longer than this is none that we wait for.
constexpr size_t kMaxEntryBytes = size_t{1024} * 1024;

// The user's name, or empty: unknown, or the question failed.
std::string AskName(uid_t uid) {
  std::vector<char> buffer(4096);
  while (buffer.size() <= kMaxEntryBytes) {
    passwd entry = {};
    passwd* found = nullptr;
    const int error = getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
    if (error == 0) return found != nullptr ? found->pw_name : "";
    if (error != ERANGE && error != EINTR) return "";
    if (error == ERANGE) buffer.resize(2 * buffer.size());
  }
  return "";
}

}  // namespace

std::string UserNames::NameOf(uid_t uid) {
  const absl::Time now = absl::Now();
  const auto known = names_.find(uid);
  if (known != names_.end() && now < known->second.until) return known->second.name;
  std::string name = AskName(uid);
  if (name.empty()) name = absl::StrCat("uid ", uid);
  if (names_.size() >= kMaxNames) names_.clear();
  names_.insert_or_assign(uid, Entry{name, absl::Now() + kNameLifetime});
  return name;
}

absl::StatusOr<PeerCredentials> ReadPeerCredentials(int socket, UserNames* names) {
  ucred process = {};
  socklen_t length = sizeof(process);
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &process, &length) != 0) {
    return net::SystemError("admin: who has connected (SO_PEERCRED)", errno);
  }
  PeerCredentials peer;
  peer.uid = process.uid;
  peer.gid = process.gid;

  // Asked with too little room, the kernel says how much it takes.
  std::vector<gid_t> groups(32);
  length = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  while (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &length) != 0) {
    if (errno != ERANGE) return net::SystemError("admin: who has connected (SO_PEERGROUPS)", errno);
    groups.resize(length / sizeof(gid_t));
  }
  groups.resize(length / sizeof(gid_t));
  peer.groups = {peer.gid};
  for (const gid_t group : groups) {
    if (std::find(peer.groups.begin(), peer.groups.end(), group) == peer.groups.end()) {
      peer.groups.push_back(group);
    }
  }
  peer.user = names->NameOf(peer.uid);
  return peer;
}

}  // namespace greeter::admin
