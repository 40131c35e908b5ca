// A TCP connection within a deadline, for a diagnosis. Any thread.

#ifndef GREETER_ADMIN_CLI_CLIENT_CONNECT_H_
#define GREETER_ADMIN_CLI_CLIENT_CONNECT_H_

#include <string>

#include "absl/time/time.h"

namespace greeter::admin_cli {

struct Connection {
  // Non-blocking; the caller closes it. -1: there is none, and `error` says why.
  int fd = -1;
  // An errno; ETIMEDOUT at the deadline, EHOSTUNREACH if the host's name leads nowhere.
  int error = 0;
};

// Connects to the first of the host's addresses that lets it; `host` without brackets. Blocks no
// longer than until `deadline`, the look-up included.
Connection Connect(const std::string& host, const std::string& port, absl::Time deadline);

// Waits for `events`; false at the deadline.
bool WaitForSocket(int fd, short events, absl::Time deadline);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_CLIENT_CONNECT_H_
