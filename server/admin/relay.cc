#include "admin/relay.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "net/errors.h"
#include "spdlog/spdlog.h"

namespace greeter::admin {
namespace {

constexpr int kMaxEvents = 64;
// poll(2)'s timeouts are ints.
constexpr absl::Duration kLongestWait = absl::Hours(1);
// While someone waits for a place: some of them are free again after this.
constexpr absl::Duration kTurnInterval = absl::Milliseconds(5);

// Rounded up, so that it has passed afterwards.
int MillisecondsUntil(absl::Time time) {
  if (time == absl::InfiniteFuture()) return -1;
  const absl::Duration left = std::clamp(time - absl::Now(), absl::ZeroDuration(), kLongestWait);
  return static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1))));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Relay>> Relay::Start(Options options) {
  net::FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return net::SystemError(absl::StrCat(options.name, ": epoll_create1"), errno);
  net::FileDescriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return net::SystemError(absl::StrCat(options.name, ": eventfd"), errno);
  epoll_event event = {};
  event.events = EPOLLIN;
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0) {
    return net::SystemError(absl::StrCat(options.name, ": epoll_ctl"), errno);
  }
  std::unique_ptr<Relay> relay(new Relay(std::move(options), std::move(epoll), std::move(wake)));
  relay->thread_ = std::thread(&Relay::Run, relay.get());
  return relay;
}

Relay::Relay(Options options, net::FileDescriptor epoll, net::FileDescriptor wake)
    : options_(std::move(options)),
      epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      budget_(options_.most_unfinished) {}

Relay::~Relay() { Stop(absl::ZeroDuration()); }

void Relay::Add(RelaySocket client, RelaySocket server, std::function<void()> ended) {
  auto pair = std::make_unique<RelayedPair>(std::move(client), std::move(server), std::move(ended),
                                            &budget_);
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
    if (!waiting_.empty()) until = std::min(until, absl::Now() + kTurnInterval);
    HandleEvents(until);
    GiveTurns();
    EndOverdue();
    for (RelayedPair* pair : std::exchange(over_, {})) {
      lingering_.remove(pair);
      waiting_.remove(pair);
      pairs_.erase(pair);
    }
  }
  lingering_.clear();
  waiting_.clear();
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
    RelayedPair* const pair = watched->pair;
    const bool waited = pair->waiting();
    pair->OnEvents(watched->side, event.events, &buffer_);
    if (pair->waiting() && !waited) waiting_.push_back(pair);
    Settle(pair);
    if (budget_.overfull()) MakeRoom();
  }
}

void Relay::MakeRoom() {
  const auto most =
      std::max_element(pairs_.begin(), pairs_.end(), [](const auto& one, const auto& other) {
        return one.first->unfinished() < other.first->unfinished();
      });
  RelayedPair* const pair = most->first;
  // There will be room when gRPC has closed it.
  if (pair->offence() != nullptr) return;
  pair->CutOff("it had most of all requests that had not come whole");
  Settle(pair);
}

void Relay::Settle(RelayedPair* pair) {
  if (pair->over() || !pair->Watch(epoll_.get())) return End(pair);
  if (pair->hung_up() && pair->deadline == absl::InfiniteFuture()) {
    pair->deadline = absl::Now() + options_.linger;
    lingering_.push_back(pair);
  }
}

void Relay::EndOverdue() {
  const absl::Time now = absl::Now();
  for (RelayedPair* pair : lingering_) {
    if (pair->deadline > now) break;
    End(pair);
  }
}

void Relay::GiveTurns() {
  std::list<RelayedPair*> again;
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    RelayedPair* const pair = *next;
    const RelayedPair::Turn turn = pair->TakeTurn();
    // Nor is there one for those who have waited less.
    if (turn == RelayedPair::Turn::kNoPlace) break;
    if (turn == RelayedPair::Turn::kLater) {
      ++next;
      continue;
    }
    next = waiting_.erase(next);
    if (pair->waiting()) again.push_back(pair);
    Settle(pair);
  }
  waiting_.splice(waiting_.end(), again);
}

void Relay::End(RelayedPair* pair) {
  // Both of its ends may have had an event.
  if (std::find(over_.begin(), over_.end(), pair) != over_.end()) return;
  over_.push_back(pair);
  if (pair->offence() == nullptr) return;
  ++cut_off_;
  if (!cutting_off_.IsDue()) return;
  spdlog::warn("{}: a client was cut off: {}; {} were since this was last said", options_.name,
               pair->offence(), std::exchange(cut_off_, 0));
}

}  // namespace greeter::admin
