// A listening TCP socket that this process was started with, as systemd starts services
// (sd_listen_fds(3)), and that its successor will be started with, too: clients that wait in its
// queue when this process ends are greeted by the next.
//
// Workers share it as they do a unix socket. Whoever passed it has it as well, so that closing it
// here keeps nobody out. While no listener wants it, it is shut down (shutdown(2)), which has the
// kernel refuse, leaves it bound, and is undone by listen(2). That resets who is queued; its gate
// (listening_sockets.h) sees to it that nobody is.

#ifndef GREETER_NET_INHERITED_SOCKET_H_
#define GREETER_NET_INHERITED_SOCKET_H_

#include <string>

#include "absl/status/statusor.h"
#include "net/address.h"
#include "net/file_descriptor.h"
#include "net/listening_sockets.h"

namespace greeter::net {

// One owner; its calls may come from any one thread at a time.
class InheritedSocket {
 public:
  // INVALID_ARGUMENT unless it is a TCP socket to accept on, with what to do about it. One that has
  // been shut down by a predecessor that was killed is taken as well. `name` is for people.
  static absl::StatusOr<InheritedSocket> Adopt(FileDescriptor socket, std::string name);
  // Has it listen, as it was found, for whoever gets it next.
  ~InheritedSocket();

  InheritedSocket(InheritedSocket&&) noexcept = default;
  InheritedSocket& operator=(InheritedSocket&&) = delete;
  InheritedSocket(const InheritedSocket&) = delete;
  InheritedSocket& operator=(const InheritedSocket&) = delete;

  const std::string& name() const { return name_; }
  const Address& address() const { return address_; }

  // Duplicates for the workers. FAILED_PRECONDITION: out of descriptors.
  absl::StatusOr<ListeningSockets> Share(const ListenOptions& options) const;

  // Refuses from here on, and resets who is queued. Share() and ListeningSockets::Listen() undo it.
  // Idempotent.
  void Refuse();

 private:
  InheritedSocket(FileDescriptor socket, std::string name, Address address);

  FileDescriptor socket_;
  const std::string name_;
  const Address address_;
};

}  // namespace greeter::net

#endif  // GREETER_NET_INHERITED_SOCKET_H_
