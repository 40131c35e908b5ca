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

#include "absl/time/clock.h"
#include "net/errors.h"
#include "spdlog/spdlog.h"

namespace greeter::admin {
namespace {

// Connections accepted before Stop() is looked at again.
constexpr int kBatch = 64;
// While all places are taken, and some of them being left.
constexpr absl::Duration kFullPause = absl::Milliseconds(5);

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Start(int listener, ConnectionCensus* census,
                                                          Options options, Handover handover) {
  net::FileDescriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return net::SystemError("admin: eventfd", errno);
  std::unique_ptr<Acceptor> acceptor(
      new Acceptor(listener, census, std::move(wake), std::move(options), std::move(handover)));
  acceptor->thread_ = std::thread(&Acceptor::Run, acceptor.get());
  return acceptor;
}

Acceptor::Acceptor(int listener, ConnectionCensus* census, net::FileDescriptor wake,
                   Options options, Handover handover)
    : listener_(listener),
      open_(census),
      wake_(std::move(wake)),
      options_(std::move(options)),
      handover_(std::move(handover)) {}

Acceptor::~Acceptor() { Stop(); }

void Acceptor::Stop() {
  if (!thread_.joinable()) return;
  eventfd_write(wake_.get(), 1);
  thread_.join();
}

void Acceptor::Run() {
  int pause = -1;
  while (true) {
    // A paused listener is left out (poll(2) skips negative descriptors): it would be ready at
    // once.
    std::array<pollfd, 2> waiting = {pollfd{wake_.get(), POLLIN, 0},
                                     pollfd{pause < 0 ? listener_ : -1, POLLIN, 0}};
    poll(waiting.data(), waiting.size(), pause);
    if (waiting[0].revents != 0) return;
    const Outcome outcome = AcceptWaiting();
    pause = outcome == Outcome::kExhausted ? Milliseconds(kExhaustedPause)
            : outcome == Outcome::kFull    ? Milliseconds(kFullPause)
                                           : -1;
  }
}

Acceptor::Outcome Acceptor::AcceptWaiting() {
  int error = 0;
  for (int i = 0; i < kBatch; ++i) {
    if (open_->Full() && open_->AnyLeaving(absl::Now())) return Outcome::kFull;
    net::FileDescriptor connection(
        options_.accept(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connection.valid()) {
      error = 0;
      HandOver(std::move(connection));
      continue;
    }
    error = errno;
    const net::AcceptFailure failure = net::ClassifyAcceptError(error);
    if (failure == net::AcceptFailure::kEmpty) return Outcome::kDrained;
    if (failure != net::AcceptFailure::kLost) break;
  }
  if (error == 0) return Outcome::kMore;
  OnExhausted(error);
  return Outcome::kExhausted;
}

void Acceptor::HandOver(net::FileDescriptor connection) {
  const bool full = open_->Full();
  const bool own = options_.is_own(connection.get());
  if (!own && (full || open_->FullFor(connection.get()))) return TurnAway(!full);
  open_->Add(connection.get());
  // As gRPC's own listener has it; a unix socket refuses, which does no harm.
  const int on = 1;
  setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  handover_(std::move(connection), own);
}

void Acceptor::TurnAway(bool one_peer) {
  ++turned_away_;
  if (!turning_away_.IsDue()) return;
  if (one_peer) {
    spdlog::warn("{}: one address has as many connections open as each may, {} turned away",
                 options_.name, std::exchange(turned_away_, 0));
    return;
  }
  spdlog::warn(
      "{}: as many connections are open as may be, {} turned away; close some, or raise the limit "
      "of "
      "open files (ulimit -n, or LimitNOFILE= in systemd)",
      options_.name, std::exchange(turned_away_, 0));
}

void Acceptor::OnExhausted(int error) {
  if (!exhaustion_.IsDue()) return;
  spdlog::warn(
      "{}: connections wait, accepting one failed: {}; raise the limit of open files (ulimit -n, "
      "or "
      "LimitNOFILE= in systemd) if this lasts",
      options_.name, std::generic_category().message(error));
}

}  // namespace greeter::admin
