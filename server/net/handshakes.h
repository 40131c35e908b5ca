// Asks the kernel which TCP handshakes are under way. A system call's worth; no thread of its own.

#ifndef GREETER_NET_HANDSHAKES_H_
#define GREETER_NET_HANDSHAKES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "net/address.h"

namespace greeter::net {

// How many clients have sent a SYN to one of `addresses`, and not yet the ACK that completes it. A
// wildcard's count takes in those at narrower addresses of its port; unix sockets have none. Needs
// no privilege. Not counted: those the kernel keeps no record of, as it does under a SYN flood
// (tcp_syncookies in tcp(7)). The kernel walks its table of all connections: a millisecond or so,
// tens of them on a machine with 100,000 connections in TIME_WAIT.
//
// FAILED_PRECONDITION where it can't be told: a sandbox without netlink (systemd's
// RestrictAddressFamilies= without AF_NETLINK, gVisor) or a kernel without inet_diag. Any thread.
absl::StatusOr<int> HandshakesUnderWay(const std::vector<Address>& addresses);

}  // namespace greeter::net

#endif  // GREETER_NET_HANDSHAKES_H_
