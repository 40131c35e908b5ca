#include "support/own_network.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/errors.h"

namespace greeter::testing {

net::FileDescriptor CurrentNetwork() {
  return net::FileDescriptor(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

absl::Status EnterNewNetwork() {
  if (unshare(CLONE_NEWNET) != 0) return net::SystemError("making a network namespace", errno);
  const net::FileDescriptor any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq up = {"lo", {}};
  up.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(any.get(), SIOCSIFFLAGS, &up) != 0) {
    return net::SystemError("bringing a loopback device up", errno);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<OwnNetwork>> OwnNetwork::Enter() {
  std::unique_ptr<OwnNetwork> own(new OwnNetwork(CurrentNetwork()));
  if (absl::Status entered = EnterNewNetwork(); !entered.ok()) return entered;
  return own;
}

OwnNetwork::~OwnNetwork() { setns(home_.get(), CLONE_NEWNET); }

}  // namespace greeter::testing
