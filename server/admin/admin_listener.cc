#include "admin/admin_listener.h"

#include <sys/types.h>

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "admin/groups.h"
#include "net/listening_sockets.h"
#include "net/unix_socket.h"

namespace greeter::admin {
namespace {

// Operators are few, but a flood that fills the queue costs everybody a second, which is TCP's
// first retransmission (RFC 6298).
constexpr int kBacklog = 4096;
constexpr mode_t kSocketFileMode = 0660;

absl::Status Explain(const char* name, const absl::Status& status) {
  return {status.code(), absl::StrCat(name, ": ", status.message())};
}

absl::Status Reachable(const net::Address& address) {
  return absl::InvalidArgumentError(absl::StrCat(
      "admin: ", address.ToString(),
      " can be reached from other machines, and whoever reaches the admin service may change "
      "everything; use 127.0.0.1:",
      address.port(), ", [::1]:", address.port(),
      " or unix:/path, or mutual TLS (--admin-cert, --admin-key and --admin-client-ca)"));
}

absl::StatusOr<AdminListener> ListenOnUnixSocket(const net::Address& address,
                                                 const AdminListenerOptions& options) {
  std::optional<gid_t> gid;
  if (!options.group.empty()) {
    gid = GroupId(options.group);
    if (!gid.has_value()) {
      return absl::FailedPreconditionError(absl::StrCat(
          options.name, ": --admin-socket-group: there is no group \"", options.group, "\" here"));
    }
  }
  absl::StatusOr<net::UnixListener> listener =
      net::ListenUnix(address, kBacklog, kSocketFileMode, gid);
  if (!listener.ok()) return Explain(options.name, listener.status());
  return AdminListener{address, std::move(listener->socket), std::move(listener->file)};
}

}  // namespace

absl::StatusOr<AdminListener> ListenForAdmin(const std::string& text,
                                             const AdminListenerOptions& options) {
  const absl::StatusOr<net::Address> address = net::Address::Parse(text);
  if (!address.ok()) return Explain(options.name, address.status());
  if (!address->is_loopback() && !options.may_be_reachable) return Reachable(*address);
  if (address->is_unix()) return ListenOnUnixSocket(*address, options);
  absl::StatusOr<net::ListeningSockets> sockets =
      net::OpenListeningSockets(*address, {.workers = 1, .backlog = kBacklog, .gate = false});
  if (!sockets.ok()) return Explain(options.name, sockets.status());
  return AdminListener{sockets->bound, sockets->workers.front().Release(), net::SocketFile()};
}

}  // namespace greeter::admin
