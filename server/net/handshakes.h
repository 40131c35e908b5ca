// Asks the kernel which TCP handshakes are under way. A few system calls; no thread of its own.

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

// Returns once the kernel is through with every packet it had in hand at the time of the call: the
// SYN that it was just answering is a handshake under way, and who just completed one is queued.
// Takes 10 ms or so. False where the kernel can't (membarrier(2) missing or forbidden, a kernel
// with CPUs that have no tick): then a packet may still be in hand. Any thread.
bool AwaitPacketsInHand();

}  // namespace greeter::net

#endif  // GREETER_NET_HANDSHAKES_H_
