// The sockets that greeterd was started with, as systemd's socket units (sd_listen_fds(3)).

#ifndef GREETER_DAEMON_INHERITED_SOCKETS_H_
#define GREETER_DAEMON_INHERITED_SOCKETS_H_

#include <spdlog/logger.h>

#include <vector>

#include "absl/status/statusor.h"
#include "control/controller.h"
#include "net/inherited_socket.h"

namespace greeter::daemon {

// None if LISTEN_PID is not this process. INVALID_ARGUMENT: LISTEN_PID, LISTEN_FDS and
// LISTEN_FDNAMES don't hold, or one of the sockets can't be accepted on. Takes the three variables
// out of the environment; once, before any thread is started.
absl::StatusOr<std::vector<net::InheritedSocket>> TakeInheritedSockets();

// Warns of those whose address no listener has: they refuse.
void WarnOfUnusedSockets(const std::vector<net::InheritedSocket>& sockets,
                         const control::Snapshot& snapshot, spdlog::logger& logger);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_INHERITED_SOCKETS_H_
