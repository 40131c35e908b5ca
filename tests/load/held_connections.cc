#include "load/held_connections.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/file_descriptor.h"
#include "probe/sockets.h"

namespace greeter::load {
namespace {

constexpr int kPatienceMs = 5000;
constexpr int kSmallBuffer = 4096;

// A connected socket, or minus an errno.
int OpenOne(const net::Address& address, std::optional<uint32_t> source) {
  net::FileDescriptor fd(probe::StartConnecting(address, source, kSmallBuffer));
  if (!fd.valid()) return fd.get();
  pollfd answered = {fd.get(), POLLOUT, 0};
  if (poll(&answered, 1, kPatienceMs) == 0) return -ETIMEDOUT;
  const int error = probe::PendingError(fd.get());
  return error == 0 ? fd.Release() : -error;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HeldConnections>> HeldConnections::Open(
    const std::vector<probe::Target>& targets, int count, int source_addresses) {
  if (targets.empty() || count < 0) {
    return absl::InvalidArgumentError("held connections need a target and a count from 0");
  }
  std::unique_ptr<HeldConnections> held(new HeldConnections());
  held->fds_.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    const probe::Target& target = targets[static_cast<size_t>(i) % targets.size()];
    std::optional<uint32_t> source;
    if (source_addresses > 0) source = static_cast<uint32_t>(i % source_addresses);
    const int fd = OpenOne(target.addresses.front(), source);
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
