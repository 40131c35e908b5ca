#include "net/handshakes.h"

#include <linux/inet_diag.h>
#include <linux/membarrier.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/errors.h"
#include "net/file_descriptor.h"

namespace greeter::net {
namespace {

struct Request {
  nlmsghdr header;
  inet_diag_req_v2 diag;
};

absl::Status CantTell(int error) {
  return SystemError("asking the kernel for the handshakes under way (sock_diag)", error);
}

bool IsAt(const Address& bound, const inet_diag_sockid& id) {
  if (id.idiag_sport != htons(bound.port())) return false;
  if (bound.is_wildcard()) return true;
  if (bound.family() == AF_INET) {
    const in_addr& ours = reinterpret_cast<const sockaddr_in*>(bound.data())->sin_addr;
    return std::memcmp(id.idiag_src, &ours, sizeof(ours)) == 0;
  }
  const in6_addr& ours = reinterpret_cast<const sockaddr_in6*>(bound.data())->sin6_addr;
  return std::memcmp(id.idiag_src, &ours, sizeof(ours)) == 0;
}

// The end of an answer carries an error if the kernel has no tcp_diag (netlink_dump() in Linux).
absl::Status EndOf(const nlmsghdr* message) {
  int error = 0;
  if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(error))) {
    std::memcpy(&error, NLMSG_DATA(message), sizeof(error));
  }
  return error == 0 ? absl::OkStatus() : CantTell(-error);
}

// Those of one family. See sock_diag(7). Handshakes of IPv4 with a socket of both stacks are listed
// under IPv6 (inet_reqsk_alloc() in Linux: the family is the listener's).
absl::StatusOr<int> Count(const FileDescriptor& netlink, const std::vector<Address>& addresses,
                          int family) {
  Request request = {};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.diag.sdiag_family = static_cast<uint8_t>(family);
  request.diag.sdiag_protocol = IPPROTO_TCP;
  request.diag.idiag_states = 1u << TCP_SYN_RECV;
  if (send(netlink.get(), &request, sizeof(request), 0) < 0) return CantTell(errno);

  int count = 0;
  alignas(nlmsghdr) std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t received = recv(netlink.get(), buffer.data(), buffer.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return CantTell(received < 0 ? errno : EPIPE);
    auto left = static_cast<unsigned>(received);
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
    for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) {
        const absl::Status end = EndOf(message);
        if (!end.ok()) return end;
        return count;
      }
      const auto& socket = *static_cast<const inet_diag_msg*>(NLMSG_DATA(message));
      count += std::any_of(addresses.begin(), addresses.end(), [&](const Address& bound) {
        return bound.family() == family && IsAt(bound, socket.id);
      });
    }
  }
}

}  // namespace

absl::StatusOr<int> HandshakesUnderWay(const std::vector<Address>& addresses) {
  const FileDescriptor netlink(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!netlink.valid()) return CantTell(errno);
  int count = 0;
  for (const int family : {AF_INET, AF_INET6}) {
    const bool wanted = std::any_of(addresses.begin(), addresses.end(),
                                    [&](const Address& bound) { return bound.family() == family; });
    if (!wanted) continue;
    const absl::StatusOr<int> of_family = Count(netlink, addresses, family);
    if (!of_family.ok()) return of_family;
    count += *of_family;
  }
  return count;
}

// The kernel receives packets within read-side sections of RCU, and this waits for all of those
// that have begun (synchronize_rcu() in kernel/sched/membarrier.c).
bool AwaitPacketsInHand() { return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0; }

}  // namespace greeter::net
