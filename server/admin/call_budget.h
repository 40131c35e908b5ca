// How many calls gRPC may have on its hands on one port.
//
// Each takes some 20 KiB, and one whose client has given it up is not gone at once: gRPC 1.51 puts
// its end in a queue, and whoever begins calls faster than they end fills the memory (HTTP/2's
// "rapid reset", CVE-2023-44487). So an abandoned call counts for a while longer, as if so many of
// them ended in a second, a small part of what gRPC can do. When all places are taken, connections
// wait their turn, which comes all the same, some hundred times a second, so that a proper client
// is answered whatever others do: but only to those with few calls of their own.

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

  // A connection that has `open` calls wants to begin another. `waited`: it is its turn, for it has
  // waited longest.
  Verdict Ask(size_t open, bool waited, Time now);

  // A call has been answered; `count` were given up by their client.
  void Answered() { --open_; }
  void Abandoned(size_t count, Time now);

  // Connections that wait; while there are any, none begins a call out of turn.
  void BeginWaiting() { ++waiting_; }
  void EndWaiting() { --waiting_; }

 private:
  size_t open_ = 0;
  size_t waiting_ = 0;
  // When the last of the abandoned calls will be forgotten.
  Time forgotten_at_ = {};
  base::RateLimit beyond_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_CALL_BUDGET_H_
