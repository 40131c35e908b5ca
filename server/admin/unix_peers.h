// Who is behind each connection over the admin's unix socket, found by what gRPC calls it.
//
// gRPC knows a connection's peer by the address of its socket, and clients of unix sockets have
// none. So each is given one (UnixEntrance), which is never given again, and this is the directory.

#ifndef GREETER_ADMIN_UNIX_PEERS_H_
#define GREETER_ADMIN_UNIX_PEERS_H_

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "admin/peer_credentials.h"

namespace greeter::admin {

// Outlives the server whose calls ask. Any thread.
class UnixPeers {
 public:
  // What ServerContext::peer() says for a connection whose socket has the abstract name `name`,
  // which is of letters, digits and "-" only.
  static std::string PeerOf(absl::string_view name);

  // The connection `name` begins, and ends.
  void Add(absl::string_view name, PeerCredentials credentials);
  void Remove(absl::string_view name);

  // Who is behind `peer`, a ServerContext::peer(). None: it did not come over the unix socket, or
  // its connection has ended, so that nobody would hear an answer.
  std::optional<PeerCredentials> Find(absl::string_view peer) const;

 private:
  // Guarded by mutex_; by PeerOf().
  mutable std::mutex mutex_;
  std::map<std::string, PeerCredentials, std::less<>> peers_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_UNIX_PEERS_H_
