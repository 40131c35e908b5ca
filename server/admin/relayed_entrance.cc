#include "admin/relayed_entrance.h"

#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "net/address.h"
#include "net/errors.h"
#include "spdlog/spdlog.h"

namespace greeter::admin {
namespace {

constexpr size_t kDescriptors = 3;

std::string RandomPrefix() {
  std::array<char, 16> random = {};
  // 16 bytes come whole, and without blocking once the machine has started.
  const ssize_t size = getrandom(random.data(), random.size(), 0);
  const size_t length = size < 0 ? 0 : static_cast<size_t>(size);
  return absl::StrCat("greeter-", absl::BytesToHexString(absl::string_view(random.data(), length)),
                      "-");
}

}  // namespace

Acceptor::Options ForRelayed(Acceptor::Options options) {
  options.max_connections = std::max<size_t>(options.max_connections / kDescriptors, 1);
  if (options.max_per_peer > 0) {
    options.max_per_peer = std::max<size_t>(options.max_per_peer / kDescriptors, 1);
  }
  return options;
}

absl::StatusOr<std::unique_ptr<RelayedEntrance>> RelayedEntrance::Start(Options options) {
  absl::StatusOr<std::unique_ptr<Relay>> relay = Relay::Start({.name = options.name});
  if (!relay.ok()) return relay.status();
  return std::unique_ptr<RelayedEntrance>(
      new RelayedEntrance(std::move(options), *std::move(relay)));
}

RelayedEntrance::RelayedEntrance(Options options, std::unique_ptr<Relay> relay)
    : options_(std::move(options)), prefix_(RandomPrefix()), relay_(std::move(relay)) {}

absl::StatusOr<RelayedPeer> RelayedEntrance::Identify(int client) {
  sockaddr_storage peer = {};
  socklen_t length = sizeof(peer);
  if (getpeername(client, reinterpret_cast<sockaddr*>(&peer), &length) != 0) {
    return net::SystemError(absl::StrCat(options_.name, ": who has connected"), errno);
  }
  const net::Address address =
      net::Address::FromSockaddr(reinterpret_cast<const sockaddr*>(&peer), length);
  if (!address.is_unix()) return RelayedPeer{address.ToString(), {}};
  absl::StatusOr<PeerCredentials> credentials = ReadPeerCredentials(client, &names_);
  if (!credentials.ok()) return credentials.status();
  return RelayedPeer{"unix", *std::move(credentials)};
}

absl::StatusOr<std::string> RelayedEntrance::Name(int socket) {
  const std::string name = absl::StrCat(prefix_, ++last_);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  // A NUL in front makes it an abstract one: no file, and gone with the socket.
  std::copy(name.begin(), name.end(), &address.sun_path[1]);
  const size_t length = offsetof(sockaddr_un, sun_path) + 1 + name.size();
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(length)) !=
      0) {
    return net::SystemError(absl::StrCat(options_.name, ": naming a connection"), errno);
  }
  return name;
}

std::optional<net::FileDescriptor> RelayedEntrance::Admit(net::FileDescriptor client) {
  absl::StatusOr<net::FileDescriptor> joined = Join(std::move(client));
  if (joined.ok()) return *std::move(joined);
  if (failures_.IsDue()) {
    spdlog::warn("a connection was closed: {}", std::string(joined.status().message()));
  }
  return std::nullopt;
}

absl::StatusOr<net::FileDescriptor> RelayedEntrance::Join(net::FileDescriptor client) {
  std::array<int, 2> ends = {};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return net::SystemError(absl::StrCat(options_.name, ": socketpair"), errno);
  }
  net::FileDescriptor for_grpc(ends[0]);
  net::FileDescriptor ours(ends[1]);
  std::function<void()> ended = [] {};
  if (options_.peers != nullptr) {
    absl::StatusOr<RelayedPeer> peer = Identify(client.get());
    if (!peer.ok()) return peer.status();
    const absl::StatusOr<std::string> name = Name(ours.get());
    if (!name.ok()) return name.status();
    options_.peers->Add(*name, *std::move(peer));
    ended = [peers = options_.peers, name = *name] { peers->Remove(name); };
  }
  relay_->Add(std::move(client), std::move(ours), std::move(ended));
  return for_grpc;
}

}  // namespace greeter::admin
