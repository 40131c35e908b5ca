#include "net/inherited_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/errors.h"
#include "net/listening_socket.h"

namespace greeter::net {
namespace {

// -1 if it can't be told.
int Option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  return getsockopt(fd, level, name, &value, &size) == 0 ? value : -1;
}

bool Listens(int fd) { return Option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1; }

bool IsConnected(int fd) {
  sockaddr_storage peer;
  socklen_t size = sizeof(peer);
  return getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

// What keeps it from being accepted on; empty if nothing does.
const char* Fault(int fd) {
  if (Option(fd, SOL_SOCKET, SO_TYPE) == -1) return "is no socket";
  if (Option(fd, SOL_SOCKET, SO_TYPE) != SOCK_STREAM ||
      Option(fd, SOL_SOCKET, SO_PROTOCOL) != IPPROTO_TCP) {
    return "is no TCP socket";
  }
  if (IsConnected(fd)) return "is a connection";
  return Listens(fd) || LocalAddress(fd).port() != 0 ? "" : "does not listen";
}

}  // namespace

absl::StatusOr<InheritedSocket> InheritedSocket::Adopt(FileDescriptor socket, std::string name) {
  const int fd = socket.get();
  if (const std::string fault = Fault(fd); !fault.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "descriptor ", fd, ", which greeterd was started with as socket \"", name, "\", ", fault,
        "; pass listening TCP sockets alone: ListenStream= with a port, and Accept=no"));
  }
  // Who passed it may accept itself, and need it otherwise; a predecessor may have been killed
  // while its gate was shut.
  const int flags = fcntl(fd, F_GETFL);
  if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return SystemError("fcntl", errno);
  LetClientsIn(fd);
  Address address = LocalAddress(fd);
  return InheritedSocket(std::move(socket), std::move(name), address);
}

InheritedSocket::InheritedSocket(FileDescriptor socket, std::string name, Address address)
    : socket_(std::move(socket)), name_(std::move(name)), address_(address) {}

InheritedSocket::~InheritedSocket() {
  if (socket_.valid() && !Listens(socket_.get())) listen(socket_.get(), ListenOptions().backlog);
}

absl::StatusOr<ListeningSockets> InheritedSocket::Share(const ListenOptions& options) const {
  ListeningSockets sockets{address_, options, {}, {}, Listens(socket_.get())};
  const auto duplicate = [this] {
    return FileDescriptor(fcntl(socket_.get(), F_DUPFD_CLOEXEC, 0));
  };
  while (std::ssize(sockets.workers) < options.workers) {
    sockets.workers.push_back(ListeningSocket::Shared(duplicate()));
    if (!sockets.workers.back().valid()) return ListenError(address_, errno);
  }
  FileDescriptor last = duplicate();
  if (!last.valid()) return ListenError(address_, errno);
  sockets.gate = Gate::OfInherited(std::move(last));
  return sockets;
}

void InheritedSocket::Refuse() {
  if (Listens(socket_.get())) shutdown(socket_.get(), SHUT_RD);
  LetClientsIn(socket_.get());
}

}  // namespace greeter::net
