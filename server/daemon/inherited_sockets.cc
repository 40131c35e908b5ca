#include "daemon/inherited_sockets.h"

#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "net/file_descriptor.h"

namespace greeter::daemon {
namespace {

std::string Setting(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : absl::StrCat(name, "=\"", value, "\" ");
}

const api::Listener* Find(const control::Snapshot& snapshot, absl::string_view name) {
  for (const api::Listener& listener : snapshot.config.listeners()) {
    if (listener.name() == name) return &listener;
  }
  return nullptr;
}

bool IsWanted(const net::InheritedSocket& socket, const control::Snapshot& snapshot) {
  for (const api::Listener& listener : snapshot.config.listeners()) {
    const absl::StatusOr<net::Address> address = net::Address::Parse(listener.address());
    if (address.ok() && address->ToString() == socket.address().ToString()) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::vector<net::InheritedSocket>> TakeInheritedSockets() {
  const std::string settings =
      absl::StrCat(Setting("LISTEN_PID"), Setting("LISTEN_FDS"), Setting("LISTEN_FDNAMES"));
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(/*unset_environment=*/1, &names);
  if (count < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the environment announces sockets that are not there: ", settings, "(",
        std::generic_category().message(-count),
        "); start greeterd with systemd or systemd-socket-activate, or without these variables"));
  }
  // All are owned before one is refused.
  std::vector<std::pair<net::FileDescriptor, std::string>> given;
  for (int i = 0; i < count; ++i) {
    given.emplace_back(net::FileDescriptor(SD_LISTEN_FDS_START + i), names[i]);
    free(names[i]);
  }
  free(names);
  std::vector<net::InheritedSocket> sockets;
  for (auto& [descriptor, name] : given) {
    auto socket = net::InheritedSocket::Adopt(std::move(descriptor), std::move(name));
    if (!socket.ok()) return socket.status();
    sockets.push_back(*std::move(socket));
  }
  return sockets;
}

void WarnOfUnusedSockets(const std::vector<net::InheritedSocket>& sockets,
                         const control::Snapshot& snapshot, spdlog::logger& logger) {
  for (const net::InheritedSocket& socket : sockets) {
    if (IsWanted(socket, snapshot)) continue;
    const api::Listener* const named = Find(snapshot, socket.name());
    logger.warn(
        "the inherited socket \"{}\" on {} refuses: {}; give a listener and the socket unit's "
        "ListenStream= the same address",
        socket.name(), socket.address().ToString(),
        named == nullptr
            ? std::string("no listener has its address or its name")
            : absl::StrCat("listener \"", named->name(), "\" is at ", named->address()));
  }
}

}  // namespace greeter::daemon
