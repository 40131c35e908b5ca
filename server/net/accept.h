// accept4(2) as something that can be given, and what its failures mean to whoever accepts.

#ifndef GREETER_NET_ACCEPT_H_
#define GREETER_NET_ACCEPT_H_

#include <sys/socket.h>

#include <functional>
#include <optional>

namespace greeter::net {

// As accept4(2): a descriptor, or -1 and errno. Any thread, many at once.
using AcceptCall = std::function<int(int socket, sockaddr* peer, socklen_t* length, int flags)>;

// How many connections wait in the accept queue of `listener`; empty for a socket that can't tell:
// a unix socket, or one that does not listen. Any thread.
std::optional<int> QueuedConnections(int listener);

enum class AcceptFailure {
  // Nobody waits.
  kEmpty,
  // This one connection was gone before it was accepted, or its network failed: the next one may be
  // fine, so ask again.
  kLost,
  // The process or the machine has no descriptor or no memory left. It passes; until then the
  // socket stays readable, so whoever polls it must rest or spin.
  kExhausted,
  // The socket is none that can be accepted on, or the error is one that nobody knew of: resting is
  // right here as well.
  kBroken,
};

// What `error` (errno of accept4(2)) means. Any thread.
AcceptFailure ClassifyAcceptError(int error);

}  // namespace greeter::net

#endif  // GREETER_NET_ACCEPT_H_
