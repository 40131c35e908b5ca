#include "admin_cli/client/connect.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <memory>

#include "absl/time/clock.h"

namespace greeter::admin_cli {
namespace {

// What a look-up reads and writes, at addresses that stay.
struct LookUp {
  std::string host;
  std::string port;
  addrinfo hints{};
  gaicb request{};
};

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Addresses Resolve(const std::string& host, const std::string& port, absl::Time deadline) {
  auto look_up = std::make_unique<LookUp>();
  look_up->host = host;
  look_up->port = port;
  look_up->hints.ai_socktype = SOCK_STREAM;
  look_up->request.ar_name = look_up->host.c_str();
  look_up->request.ar_service = look_up->port.c_str();
  look_up->request.ar_request = &look_up->hints;
  gaicb* requests[] = {&look_up->request};
  if (getaddrinfo_a(GAI_NOWAIT, requests, 1, nullptr) != 0) return nullptr;
  while (gai_error(&look_up->request) == EAI_INPROGRESS) {
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) {
      // What can't be cancelled any more will still be written to.
      if (gai_cancel(&look_up->request) == EAI_NOTCANCELED) static_cast<void>(look_up.release());
      return nullptr;
    }
    const timespec timeout = absl::ToTimespec(left);
    gai_suspend(requests, 1, &timeout);
  }
  return Addresses(look_up->request.ar_result);
}

// 0, or an errno.
int FinishConnecting(int fd, const addrinfo& address, absl::Time deadline) {
  if (connect(fd, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!WaitForSocket(fd, POLLOUT, deadline)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

}  // namespace

bool WaitForSocket(int fd, short events, absl::Time deadline) {
  pollfd entry = {fd, events, 0};
  for (;;) {
    const absl::Duration left = std::max(deadline - absl::Now(), absl::ZeroDuration());
    const int64_t milliseconds = absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)));
    const int ready =
        poll(&entry, 1,
             static_cast<int>(std::min<int64_t>(milliseconds, std::numeric_limits<int>::max())));
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0;
  }
}

Connection Connect(const std::string& host, const std::string& port, absl::Time deadline) {
  Connection result;
  const Addresses addresses = Resolve(host, port, deadline);
  result.error = absl::Now() < deadline ? EHOSTUNREACH : ETIMEDOUT;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    const int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      result.error = errno;
      continue;
    }
    result.error = FinishConnecting(fd, *address, deadline);
    if (result.error == 0) {
      result.fd = fd;
      return result;
    }
    close(fd);
  }
  return result;
}

}  // namespace greeter::admin_cli
