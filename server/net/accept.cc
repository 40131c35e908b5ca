#include "net/accept.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>

namespace greeter::net {

std::optional<int> QueuedConnections(int listener) {
  tcp_info info = {};
  socklen_t size = sizeof(info);
  if (getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  // Of a listening socket, this is the queue's length (tcp_get_info() in Linux).
  return info.tcpi_state == TCP_LISTEN ? std::optional(static_cast<int>(info.tcpi_unacked))
                                       : std::nullopt;
}

AcceptFailure ClassifyAcceptError(int error) {
  switch (error) {
    case EAGAIN:
#if EWOULDBLOCK != EAGAIN
    case EWOULDBLOCK:
#endif
      return AcceptFailure::kEmpty;
    // Linux passes errors that are pending on the new connection on to accept (accept(2), "Error
    // handling"); EPERM comes from firewall rules.
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT:
      return AcceptFailure::kLost;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return AcceptFailure::kExhausted;
    default:
      return AcceptFailure::kBroken;
  }
}

}  // namespace greeter::net
