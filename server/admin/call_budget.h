// How many calls gRPC may have on its hands on one port, and how much of unfinished requests.
//
// Each takes some 20 KiB, and one whose client has given it up is not gone at once: gRPC 1.51 puts
// its end in a queue, and whoever begins calls faster than they end fills the memory (HTTP/2's
// "rapid reset", CVE-2023-44487). So an abandoned call counts for a while longer, as if so many of
// them ended in a second, a small part of what gRPC can do. When all places are taken, connections
// wait their turn, which comes all the same, some hundred times a second, so that a proper client
// is answered whatever others do: but only to those with few calls of their own.
//
// A request is held until its last byte has come, and only then its size is looked at: one that
// lacks it is held for ever. gRPC has a quota (server_limits.h), which refuses whoever comes when
// it is used up. So that it never is, there is a lower one here, and who takes most of it leaves
// when it is (Relay).

#ifndef GREETER_ADMIN_CALL_BUDGET_H_
#define GREETER_ADMIN_CALL_BUDGET_H_

#include <chrono>
#include <cstddef>

#include "base/rate_limit.h"

namespace greeter::admin {

// Calls at the same time, before connections take turns; after that each may still have kFewCalls.
inline constexpr size_t kMostCalls = 1024;
// Abandoned calls that are forgotten in a second, and calls that begin in a second although there
// is no place.
inline constexpr int kAbandonedPerSecond = 500;
// As many calls a connection may have even when there is no place.
inline constexpr size_t kFewCalls = 16;
// Bytes of requests that have not come whole, at most, where requests may be large.
inline constexpr size_t kMostUnfinished = size_t{32} * 1024 * 1024;

// Of one port. One owner, one thread.
class CallBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;

  enum class Verdict {
    kBegin,
    // For its turn.
    kWait,
    // It has more than a few calls already. To let it wait would be to wait for itself: what ends
    // them may come after this one.
    kRefuse,
  };

  // `most_unfinished`: bytes of requests that have not come whole.
  explicit CallBudget(size_t most_unfinished = kMostUnfinished)
      : most_unfinished_(most_unfinished) {}

  // A connection that has `open` calls wants to begin another. `waited`: it is its turn, for it has
  // waited longest.
  Verdict Ask(size_t open, bool waited, Time now);

  // A call has been answered; `count` were given up by their client.
  void Answered() { --open_; }
  void Abandoned(size_t count, Time now);

  // Connections that wait; while there are any, none begins a call out of turn.
  void BeginWaiting() { ++waiting_; }
  void EndWaiting() { --waiting_; }

  // Bytes of requests have come, but not the end; are finished, or given up.
  void AddUnfinished(size_t bytes) { unfinished_ += bytes; }
  void RemoveUnfinished(size_t bytes) { unfinished_ -= bytes; }
  // Somebody has to leave.
  bool overfull() const { return unfinished_ > most_unfinished_; }

 private:
  const size_t most_unfinished_;
  size_t open_ = 0;
  size_t waiting_ = 0;
  size_t unfinished_ = 0;
  // When the last of the abandoned calls will be forgotten.
  Time forgotten_at_ = {};
  base::RateLimit beyond_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_CALL_BUDGET_H_
