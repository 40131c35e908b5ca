#include "probe/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "net/file_descriptor.h"

namespace greeter::probe {
namespace {

// Leaves the port to connect(), which may use one port for many targets.
int BindSource(int fd, uint32_t host) {
  const int on = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  sockaddr_in source = {};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host);
  return bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof(source)) == 0 ? 0 : errno;
}

}  // namespace

int StartConnecting(const net::Address& address, std::optional<uint32_t> source,
                    int receive_buffer) {
  net::FileDescriptor fd(socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return -errno;
  if (source.has_value() && address.family() == AF_INET) {
    if (const int error = BindSource(fd.get(), *source); error != 0) return -error;
  }
  if (receive_buffer > 0) {
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  }
  if (connect(fd.get(), address.data(), address.size()) != 0 && errno != EINPROGRESS) {
    return -errno;
  }
  return fd.Release();
}

// shutdown(2) decides: a connection still being made it undoes, which shows as ECONNRESET
// (inet_shutdown() and tcp_disconnect() in Linux), one that has been made it half-closes, and fails
// if there is none any more.
bool GiveUpConnecting(int fd) {
  const bool is_over = shutdown(fd, SHUT_WR) != 0;
  char byte = 0;
  if (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0) return false;
  return errno == ENOTCONN || (errno == ECONNRESET && !is_over);
}

int PendingError(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

bool IsOverOnBothSides(int fd) {
  tcp_info info = {};
  socklen_t size = sizeof(info);
  // A unix socket knows no TCP_INFO, and its shutdown has arrived already.
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || info.tcpi_state == TCP_CLOSE;
}

}  // namespace greeter::probe
