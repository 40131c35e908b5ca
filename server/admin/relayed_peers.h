// Who is behind each connection of the admin port, found by what gRPC calls it.
//
// gRPC knows a connection's peer by the address of its socket, which is the relay's. So each is
// given a name (RelayedEntrance), which is never given again, and this is the directory.

#ifndef GREETER_ADMIN_RELAYED_PEERS_H_
#define GREETER_ADMIN_RELAYED_PEERS_H_

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "admin/caller.h"
#include "admin/client_standing.h"

namespace greeter::admin {

struct RelayedPeer {
  // As it was when it connected.
  Caller caller;
  // With mutual TLS: whether its certificate still counts. Null: it has shown none.
  std::shared_ptr<ClientStanding> standing = nullptr;
};

// Outlives the server whose calls ask. Any thread.
class RelayedPeers {
 public:
  // What ServerContext::peer() says for a connection whose socket has the abstract name `name`,
  // which is of letters, digits and "-" only.
  static std::string PeerOf(absl::string_view name);

  // The connection `name` begins, and ends.
  void Add(absl::string_view name, RelayedPeer peer);
  void Remove(absl::string_view name);

  // Who is behind `peer`, a ServerContext::peer(). None: its connection has ended, so that
  // nobody would hear an answer, or was never relayed.
  std::optional<RelayedPeer> Find(absl::string_view peer) const;

 private:
  // Guarded by mutex_; by PeerOf().
  mutable std::mutex mutex_;
  std::map<std::string, RelayedPeer, std::less<>> peers_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_RELAYED_PEERS_H_
