// A client's socket, or ours, as a Relay uses it: connected, not blocking, in plaintext or with
// TLS.

#ifndef GREETER_ADMIN_RELAY_SOCKET_H_
#define GREETER_ADMIN_RELAY_SOCKET_H_

#include <sys/types.h>

#include <cstddef>
#include <memory>

#include "net/file_descriptor.h"
#include "tls/server_session.h"

namespace greeter::admin {

// One owner, one thread at a time.
struct RelaySocket {
  net::FileDescriptor descriptor;
  // With TLS: over `descriptor`, after its handshake.
  std::unique_ptr<tls::ServerSession> session = nullptr;

  // As recv(2) and send(2), without raising SIGPIPE; see also ServerSession.
  ssize_t Receive(char* buffer, size_t size);
  ssize_t Send(const char* data, size_t size);
  // The other side reads an end of stream.
  void EndSending();
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_RELAY_SOCKET_H_
