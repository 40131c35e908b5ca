#include "load/held_connections.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace greeter::load {
namespace {

// A connected socket, or minus an errno.
int OpenOne(const Target& target, uint32_t host, bool bind_source) {
  const int fd = socket(target.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  const int small = 4096;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
  const timeval patience = {5, 0};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  bool ok = true;
  if (bind_source && target.family() == AF_INET) {
    const int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    sockaddr_in source = {};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host);
    ok = bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof(source)) == 0;
  }
  ok = ok && connect(fd, reinterpret_cast<const sockaddr*>(&target.address), target.length) == 0;
  if (ok) return fd;
  const int error = errno == EINPROGRESS || errno == EAGAIN ? ETIMEDOUT : errno;
  close(fd);
  return -error;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HeldConnections>> HeldConnections::Open(
    const std::vector<Target>& targets, int count, int source_addresses) {
  if (targets.empty() || count < 0) {
    return absl::InvalidArgumentError("held connections need a target and a count from 0");
  }
  std::unique_ptr<HeldConnections> held(new HeldConnections());
  held->fds_.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    const Target& target = targets[static_cast<size_t>(i) % targets.size()];
    const uint32_t host =
        source_addresses > 0 ? static_cast<uint32_t>(i % source_addresses) : uint32_t{0};
    const int fd = OpenOne(target, host, source_addresses > 0);
    if (fd < 0) {
      return absl::UnavailableError(absl::StrCat("held ", i, " of ", count, " connections to ",
                                                 target.text, ", then: ", std::strerror(-fd)));
    }
    held->fds_.push_back(fd);
  }
  return held;
}

HeldConnections::~HeldConnections() {
  for (const int fd : fds_) close(fd);
}

}  // namespace greeter::load
