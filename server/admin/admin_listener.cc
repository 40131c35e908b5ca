#include "admin/admin_listener.h"

#include <sys/types.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/listening_sockets.h"

namespace greeter::admin {
namespace {

// Operators are few; what waits longer than this is a flood.
constexpr int kBacklog = 128;
constexpr mode_t kSocketFileMode = 0660;

absl::Status Explain(const absl::Status& status) {
  return {status.code(), absl::StrCat("admin: ", status.message())};
}

absl::Status Reachable(const net::Address& address) {
  return absl::InvalidArgumentError(absl::StrCat(
      "admin: ", address.ToString(),
      " can be reached from other machines, and whoever reaches the admin service may change "
      "everything; use 127.0.0.1:",
      address.port(), ", [::1]:", address.port(),
      " or unix:/path, and from elsewhere go through a tunnel (ssh -L ", address.port(),
      ":127.0.0.1:", address.port(), " HOST)"));
}

}  // namespace

absl::StatusOr<AdminListener> ListenForAdmin(const std::string& text) {
  const absl::StatusOr<net::Address> address = net::Address::Parse(text);
  if (!address.ok()) return Explain(address.status());
  if (!address->is_loopback()) return Reachable(*address);
  if (address->is_unix()) {
    absl::StatusOr<net::UnixListener> listener =
        net::ListenUnix(*address, kBacklog, kSocketFileMode);
    if (!listener.ok()) return Explain(listener.status());
    return AdminListener{*address, std::move(listener->socket), std::move(listener->file)};
  }
  absl::StatusOr<net::ListeningSockets> sockets =
      net::OpenListeningSockets(*address, {.workers = 1, .backlog = kBacklog, .gate = false});
  if (!sockets.ok()) return Explain(sockets.status());
  return AdminListener{sockets->bound, sockets->workers.front().Release(), net::SocketFile()};
}

}  // namespace greeter::admin
