#include "admin/acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include "net/errors.h"
#include "spdlog/spdlog.h"

namespace greeter::admin {
namespace {

// Connections accepted before Stop() is looked at again.
constexpr int kBatch = 64;

// The errors of one connection, gone before it was accepted, or of its network (accept(2)).
bool ConcernsOneConnection(int error) {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Start(int listener, Handover handover) {
  net::FileDescriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return net::SystemError("admin: eventfd", errno);
  std::unique_ptr<Acceptor> acceptor(new Acceptor(listener, std::move(wake), std::move(handover)));
  acceptor->thread_ = std::thread(&Acceptor::Run, acceptor.get());
  return acceptor;
}

Acceptor::Acceptor(int listener, net::FileDescriptor wake, Handover handover)
    : listener_(listener), wake_(std::move(wake)), handover_(std::move(handover)) {}

Acceptor::~Acceptor() { Stop(); }

void Acceptor::Stop() {
  if (!thread_.joinable()) return;
  eventfd_write(wake_.get(), 1);
  thread_.join();
}

void Acceptor::Run() {
  bool paused = false;
  while (true) {
    // A paused listener is left out (poll(2) skips negative descriptors): it would be ready at
    // once.
    std::array<pollfd, 2> waiting = {pollfd{wake_.get(), POLLIN, 0},
                                     pollfd{paused ? -1 : listener_, POLLIN, 0}};
    const int timeout = paused ? static_cast<int>(absl::ToInt64Milliseconds(kExhaustedPause)) : -1;
    poll(waiting.data(), waiting.size(), timeout);
    if (waiting[0].revents != 0) return;
    paused = AcceptWaiting() == Outcome::kExhausted;
  }
}

Acceptor::Outcome Acceptor::AcceptWaiting() {
  for (int i = 0; i < kBatch; ++i) {
    net::FileDescriptor connection(
        accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connection.valid()) {
      if (std::exchange(exhausted_, false)) spdlog::info("admin: accepting connections again");
      // As gRPC's own listener has it; a unix socket refuses, which does no harm.
      const int on = 1;
      setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      handover_(std::move(connection));
      continue;
    }
    const int error = errno;
    if (error == EAGAIN) return Outcome::kDrained;
    if (ConcernsOneConnection(error)) continue;
    // EMFILE, ENFILE, ENOBUFS, ENOMEM; an error nobody knows of yet had better not spin either.
    if (!std::exchange(exhausted_, true)) {
      spdlog::warn(
          "admin: connections wait, accepting one failed: {}; raise the limit of open files "
          "(ulimit -n, or LimitNOFILE= in systemd) if this lasts",
          std::generic_category().message(error));
    }
    return Outcome::kExhausted;
  }
  return Outcome::kMore;
}

}  // namespace greeter::admin
