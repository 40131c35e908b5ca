#include "admin/relayed_peers.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace greeter::admin {

std::string RelayedPeers::PeerOf(absl::string_view name) {
  return absl::StrCat("unix-abstract:", name);
}

void RelayedPeers::Add(absl::string_view name, RelayedPeer peer) {
  const std::lock_guard lock(mutex_);
  peers_.insert_or_assign(PeerOf(name), std::move(peer));
}

void RelayedPeers::Remove(absl::string_view name) {
  const std::lock_guard lock(mutex_);
  peers_.erase(PeerOf(name));
}

std::optional<RelayedPeer> RelayedPeers::Find(absl::string_view peer) const {
  const std::lock_guard lock(mutex_);
  const auto found = peers_.find(std::string(peer));
  if (found == peers_.end()) return std::nullopt;
  return found->second;
}

}  // namespace greeter::admin
