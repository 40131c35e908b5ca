// Where the admin service listens: a loopback address, a unix socket or, if whoever connects must
// prove who it is, any other.

#ifndef GREETER_ADMIN_ADMIN_LISTENER_H_
#define GREETER_ADMIN_ADMIN_LISTENER_H_

#include <string>

#include "absl/status/statusor.h"
#include "net/address.h"
#include "net/file_descriptor.h"
#include "net/unix_socket.h"

namespace greeter::admin {

struct AdminListener {
  // With the port that the kernel chose for port 0.
  net::Address bound;
  // Listening, non-blocking.
  net::FileDescriptor socket;
  // Of a unix socket; removed with the listener. Its permissions are 0660: who may connect is the
  // business of the file's owner and group.
  net::SocketFile file;
};

struct AdminListenerOptions {
  // How errors begin.
  const char* name = "admin";
  // From other machines.
  bool may_be_reachable = false;
  // The group of a unix socket's file; empty: greeterd's own.
  std::string group = {};
};

// Listens on `text`, an address as net::Address::Parse() reads it. INVALID_ARGUMENT: malformed, or
// reachable from other machines. FAILED_PRECONDITION: can't be bound, or there is no such group;
// the message says why, and what to do. Any thread.
absl::StatusOr<AdminListener> ListenForAdmin(const std::string& text,
                                             const AdminListenerOptions& options = {});

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_ADMIN_LISTENER_H_
