#include "e2e/addresses.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <set>

#include "absl/strings/str_cat.h"

namespace greeter::testing {
namespace {

// 127.64.0.0/10 has as many hosts as a process may have IDs (proc_pid_sys_kernel(5), pid_max).
in_addr Own() { return {htonl(0x7f400000U | static_cast<uint32_t>(getpid()))}; }

// 0 if there is none.
in_port_t FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr = Own();
  socklen_t size = sizeof(address);
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  return bound ? ntohs(address.sin_port) : 0;
}

}  // namespace

std::string OwnHost() {
  const in_addr own = Own();
  std::array<char, INET_ADDRSTRLEN> text = {};
  return inet_ntop(AF_INET, &own, text.data(), text.size());
}

std::string FreeAddress() {
  static auto* const given = new std::set<in_port_t>();
  in_port_t port = FreePort();
  while (port != 0 && !given->insert(port).second) port = FreePort();
  return port == 0 ? "" : absl::StrCat(OwnHost(), ":", port);
}

}  // namespace greeter::testing
