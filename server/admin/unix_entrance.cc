#include "admin/unix_entrance.h"

#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "net/errors.h"

namespace greeter::admin {
namespace {

std::string RandomPrefix() {
  std::array<char, 16> random = {};
  // 16 bytes come whole, and without blocking once the machine has started.
  const ssize_t size = getrandom(random.data(), random.size(), 0);
  const size_t length = size < 0 ? 0 : static_cast<size_t>(size);
  return absl::StrCat("greeter-", absl::BytesToHexString(absl::string_view(random.data(), length)),
                      "-");
}

}  // namespace

absl::StatusOr<std::unique_ptr<UnixEntrance>> UnixEntrance::Start(UnixPeers* peers,
                                                                  size_t max_connections) {
  absl::StatusOr<std::unique_ptr<Relay>> relay = Relay::Start({});
  if (!relay.ok()) return relay.status();
  return std::unique_ptr<UnixEntrance>(new UnixEntrance(peers, max_connections, *std::move(relay)));
}

UnixEntrance::UnixEntrance(UnixPeers* peers, size_t max_connections, std::unique_ptr<Relay> relay)
    : peers_(peers), prefix_(RandomPrefix()), relay_(std::move(relay)), open_(max_connections) {}

absl::StatusOr<std::string> UnixEntrance::Name(int socket) {
  const std::string name = absl::StrCat(prefix_, ++last_);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  // A NUL in front makes it an abstract one: no file, and gone with the socket.
  std::copy(name.begin(), name.end(), &address.sun_path[1]);
  const size_t length = offsetof(sockaddr_un, sun_path) + 1 + name.size();
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(length)) !=
      0) {
    return net::SystemError("admin: naming a connection", errno);
  }
  return name;
}

absl::StatusOr<net::FileDescriptor> UnixEntrance::Admit(net::FileDescriptor client) {
  // The acceptor counts clients' sockets. gRPC may keep its own for longer, while it ends calls.
  if (open_.Full()) return absl::ResourceExhaustedError("admin: gRPC still closes earlier ones");
  absl::StatusOr<PeerCredentials> credentials = ReadPeerCredentials(client.get(), &names_);
  if (!credentials.ok()) return credentials.status();
  std::array<int, 2> ends = {};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return net::SystemError("admin: socketpair", errno);
  }
  net::FileDescriptor for_grpc(ends[0]);
  net::FileDescriptor ours(ends[1]);
  const absl::StatusOr<std::string> name = Name(ours.get());
  if (!name.ok()) return name.status();

  open_.Add(for_grpc.get());
  peers_->Add(*name, *std::move(credentials));
  relay_->Add(std::move(client), std::move(ours),
              [peers = peers_, name = *name] { peers->Remove(name); });
  return for_grpc;
}

}  // namespace greeter::admin
