// What becomes of connections that have been greeted: looks, epoll, deadlines, and room for others.
// Greeting and the table are in connections.cc.

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "data_plane/connections.h"

namespace greeter::data_plane {
namespace {

// Looks at fresh connections before those who are waiting to be accepted get their turn, beyond
// twice (each may need two) as many as were accepted in this turn, or they would pile up.
constexpr size_t kLooksPerTurn = 32;

}  // namespace

void Connections::OnTime(Clock::time_point now) {
  const size_t most = kLooksPerTurn + 2 * std::exchange(greeted_this_turn_, 0);
  if (now >= next_sweep_) Sweep(now, now, most);
  if (now >= next_expiry_) Expire(now);
}

Clock::time_point Connections::next_time() const { return std::min(next_sweep_, next_expiry_); }

bool Connections::MakeRoom(Clock::time_point now) {
  const size_t before = open_;
  if (!fresh_.empty() && now >= last_sweep_ + kLeastSweepInterval) {
    Sweep(now, Clock::time_point::max(), fresh_.size());
  }
  if (open_ < before) return true;
  Use* oldest = nullptr;
  Clock::time_point since = now - kLeastLinger;
  for (Use& use : uses_) {
    if (use.lingering.head == kNone) continue;
    const Connection& head = table_[use.lingering.head];
    const Clock::time_point head_since = head.deadline - use.service->limits.linger_timeout;
    if (head_since > since) continue;
    since = head_since;
    oldest = &use;
  }
  if (oldest == nullptr) return false;
  End(oldest->lingering.head, Outcome::kTimedOut, now);
  return true;
}

void Connections::Sweep(Clock::time_point now, Clock::time_point due, size_t most) {
  last_sweep_ = now;
  for (size_t left = std::min(most, fresh_.size()); left > 0 && fresh_.front().due <= due; --left) {
    Fresh fresh = std::move(fresh_.front());
    fresh_.pop_front();
    uint32_t drained = 0;
    const Drained result = Drain(fresh.socket, &drained);
    if (result != Drained::kOpen) {
      close(fresh.socket);
      Count(fresh.use, fresh.has_place,
            result == Drained::kEnded ? Outcome::kCompleted : Outcome::kReset, now - fresh.since,
            fresh.record.get());
    } else if (!fresh.swept) {
      fresh.swept = true;
      fresh.due = now + kSweepInterval;
      fresh_.push_back(std::move(fresh));
    } else {
      Connection connection;
      connection.use = fresh.use;
      connection.since = fresh.since;
      connection.deadline = fresh.since + fresh.use->service->limits.linger_timeout;
      connection.drained = drained;
      connection.socket = fresh.socket;
      connection.state = State::kLingering;
      connection.has_place = fresh.has_place;
      connection.record = std::move(fresh.record);
      Register(std::move(connection), EPOLLIN);
    }
  }
  if (fresh_.empty()) {
    next_sweep_ = Clock::time_point::max();
  } else if (fresh_.front().due <= now) {
    next_sweep_ = now;
  } else {
    next_sweep_ = std::max(fresh_.front().due, now + kSweepPause);
  }
}

void Connections::Expire(Clock::time_point now) {
  next_expiry_ = Clock::time_point::max();
  for (Use& use : uses_) {
    for (const Use::Queue* queue : {&use.writing, &use.lingering}) {
      while (queue->head != kNone && table_[queue->head].deadline <= now) {
        End(queue->head, Outcome::kTimedOut, now);
      }
      if (queue->head != kNone) {
        next_expiry_ = std::min(next_expiry_, table_[queue->head].deadline);
      }
    }
  }
  uses_.remove_if([](const Use& use) { return use.retired && use.connections == 0; });
}

}  // namespace greeter::data_plane
