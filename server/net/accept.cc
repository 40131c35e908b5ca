#include "net/accept.h"

#include <cerrno>

namespace greeter::net {

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
