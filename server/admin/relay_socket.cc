#include "admin/relay_socket.h"

#include <sys/socket.h>

namespace greeter::admin {

ssize_t RelaySocket::Receive(char* buffer, size_t size) {
  if (session != nullptr) return session->Receive(buffer, size);
  return recv(descriptor.get(), buffer, size, MSG_DONTWAIT);
}

ssize_t RelaySocket::Send(const char* data, size_t size) {
  if (session != nullptr) return session->Send(data, size);
  return send(descriptor.get(), data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void RelaySocket::EndSending() {
  if (session != nullptr) session->EndSending();
  shutdown(descriptor.get(), SHUT_WR);
}

}  // namespace greeter::admin
