#include "admin/relay.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/time/clock.h"
#include "net/errors.h"

namespace greeter::admin {
namespace {

constexpr int kMaxEvents = 64;
// poll(2)'s timeouts are ints.
constexpr absl::Duration kLongestWait = absl::Hours(1);

// Rounded up, so that it has passed afterwards.
int MillisecondsUntil(absl::Time time) {
  if (time == absl::InfiniteFuture()) return -1;
  const absl::Duration left = std::clamp(time - absl::Now(), absl::ZeroDuration(), kLongestWait);
  return static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1))));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Relay>> Relay::Start(Options options) {
  net::FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return net::SystemError("admin: epoll_create1", errno);
  net::FileDescriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return net::SystemError("admin: eventfd", errno);
  epoll_event event = {};
  event.events = EPOLLIN;
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0) {
    return net::SystemError("admin: epoll_ctl", errno);
  }
  std::unique_ptr<Relay> relay(new Relay(options, std::move(epoll), std::move(wake)));
  relay->thread_ = std::thread(&Relay::Run, relay.get());
  return relay;
}

Relay::Relay(Options options, net::FileDescriptor epoll, net::FileDescriptor wake)
    : options_(options), epoll_(std::move(epoll)), wake_(std::move(wake)) {}

Relay::~Relay() { Stop(absl::ZeroDuration()); }

void Relay::Add(net::FileDescriptor client, net::FileDescriptor server,
                std::function<void()> ended) {
  auto pair = std::make_unique<RelayedPair>(std::move(client), std::move(server), std::move(ended));
  const std::lock_guard lock(mutex_);
  added_.push_back(std::move(pair));
  eventfd_write(wake_.get(), 1);
}

void Relay::Stop(absl::Duration timeout) {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = absl::Now() + timeout;
    eventfd_write(wake_.get(), 1);
  }
  thread_.join();
}

void Relay::Run() {
  while (true) {
    const std::optional<absl::Time> stop = TakeAdded();
    if (stop.has_value() && (pairs_.empty() || absl::Now() >= *stop)) break;
    absl::Time until = stop.value_or(absl::InfiniteFuture());
    if (!lingering_.empty()) until = std::min(until, lingering_.front()->deadline);
    HandleEvents(until);
    EndOverdue();
    for (RelayedPair* pair : std::exchange(over_, {})) {
      lingering_.remove(pair);
      pairs_.erase(pair);
    }
  }
  lingering_.clear();
  pairs_.clear();
}

std::optional<absl::Time> Relay::TakeAdded() {
  std::vector<std::unique_ptr<RelayedPair>> added;
  std::optional<absl::Time> stop;
  {
    const std::lock_guard lock(mutex_);
    added = std::exchange(added_, {});
    stop = stop_;
  }
  for (std::unique_ptr<RelayedPair>& pair : added) {
    // One that can't be watched is closed here.
    if (!pair->Watch(epoll_.get())) continue;
    RelayedPair* const address = pair.get();
    pairs_.emplace(address, std::move(pair));
  }
  return stop;
}

void Relay::HandleEvents(absl::Time until) {
  std::array<epoll_event, kMaxEvents> events = {};
  const int count = epoll_wait(epoll_.get(), events.data(), kMaxEvents, MillisecondsUntil(until));
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    if (event.data.ptr == nullptr) {
      eventfd_t ignored = 0;
      eventfd_read(wake_.get(), &ignored);
      continue;
    }
    const auto* watched = static_cast<RelayedPair::Watched*>(event.data.ptr);
    watched->pair->OnEvents(watched->side, event.events, &buffer_);
    Settle(watched->pair);
  }
}

void Relay::Settle(RelayedPair* pair) {
  if (pair->over() || !pair->Watch(epoll_.get())) {
    // Both of its ends may have had an event.
    if (std::find(over_.begin(), over_.end(), pair) == over_.end()) over_.push_back(pair);
    return;
  }
  if (pair->hung_up() && pair->deadline == absl::InfiniteFuture()) {
    pair->deadline = absl::Now() + options_.linger;
    lingering_.push_back(pair);
  }
}

void Relay::EndOverdue() {
  const absl::Time now = absl::Now();
  for (RelayedPair* pair : lingering_) {
    if (pair->deadline > now) break;
    if (std::find(over_.begin(), over_.end(), pair) == over_.end()) over_.push_back(pair);
  }
}

}  // namespace greeter::admin
