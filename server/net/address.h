// Where a socket is bound: an IP address and port, or the path of a unix socket. A value; no
// system call looks anything up. Any thread.

#ifndef GREETER_NET_ADDRESS_H_
#define GREETER_NET_ADDRESS_H_

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace greeter::net {

class Address {
 public:
  // Reads "host:port", "[v6]:port", ":port" (all interfaces, IPv4 and IPv6) or "unix:/path". The
  // host is an IP address or "localhost", which is 127.0.0.1; other names are not looked up. Port
  // 0 stands for any free port. INVALID_ARGUMENT says what is wrong and what would be right.
  static absl::StatusOr<Address> Parse(absl::string_view text);

  // The address that the kernel gave; `length` as the kernel set it. `dual_stack` tells what a
  // sockaddr can't: whether an IPv6 wildcard takes IPv4 too.
  static Address FromSockaddr(const sockaddr* from, socklen_t length, bool dual_stack = false);

  // As Parse() reads it: ":9190", "127.0.0.1:9190", "[::1]:9190", "unix:/run/greeter.sock".
  std::string ToString() const;

  // The IP address alone, without brackets, an IPv4 one mapped into IPv6 in its IPv4 form; empty
  // for unix sockets.
  std::string host() const;
  // 0 for unix sockets.
  uint16_t port() const;
  // The same host with another port; not for unix sockets.
  Address WithPort(uint16_t port) const;
  // The path of a unix socket, else empty.
  std::string path() const;

  // AF_INET, AF_INET6 or AF_UNIX.
  int family() const { return storage_.any.sa_family; }
  bool is_unix() const { return family() == AF_UNIX; }
  // All interfaces, IPv4 and IPv6.
  bool is_dual_stack() const { return dual_stack_; }
  bool is_wildcard() const;
  // Reachable from this machine alone: loopback addresses and unix sockets.
  bool is_loopback() const;

  // Whether sockets on both could get the same connection: equal, or a wildcard that covers the
  // other on the same port. Port 0 overlaps with nothing.
  bool Overlaps(const Address& other) const;

  // IPv4 alone in place of a dual-stack wildcard, for machines without IPv6.
  Address WithoutIpv6() const;

  // For system calls.
  const sockaddr* data() const { return &storage_.any; }
  socklen_t size() const { return size_; }

 private:
  Address() = default;

  static absl::StatusOr<Address> ParseUnix(absl::string_view text, absl::string_view path);

  union Storage {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_un unix_path;
  };
  Storage storage_ = {};
  socklen_t size_ = 0;
  bool dual_stack_ = false;
};

}  // namespace greeter::net

#endif  // GREETER_NET_ADDRESS_H_
