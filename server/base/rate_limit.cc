#include "base/rate_limit.h"

#include <algorithm>

namespace greeter::base {
namespace {

int64_t Interval(uint32_t per_second) { return std::max<int64_t>(1, 1'000'000'000 / per_second); }

}  // namespace

bool RateLimit::TryTake(uint32_t per_second, uint32_t burst,
                        std::chrono::steady_clock::time_point now) {
  const int64_t now_ns = std::chrono::nanoseconds(now.time_since_epoch()).count();
  const int64_t interval = Interval(per_second);
  const int64_t depth = interval * burst;
  int64_t full_at = full_at_.load(std::memory_order_acquire);
  for (;;) {
    // Not before full_at is known: then the time of whoever set it is, too.
    const int64_t latest = Latest(now_ns);
    const int64_t begin = std::max(full_at, latest);
    // Only a limit that has just become tighter leaves more debt than its depth; it is forgiven.
    const bool stale = begin > latest + depth;
    const bool allowed = begin + interval <= latest + depth;
    if (!allowed && !stale) return false;
    const int64_t next = allowed ? begin + interval : latest + depth;
    if (full_at_.compare_exchange_weak(full_at, next, std::memory_order_acq_rel,
                                       std::memory_order_acquire)) {
      return allowed;
    }
  }
}

int64_t RateLimit::Latest(int64_t now_ns) {
  int64_t latest = latest_.load(std::memory_order_relaxed);
  while (latest < now_ns) {
    if (latest_.compare_exchange_weak(latest, now_ns, std::memory_order_relaxed)) return now_ns;
  }
  return latest;
}

std::chrono::nanoseconds RateLimit::Wait(uint32_t per_second, uint32_t burst,
                                         std::chrono::steady_clock::time_point now) const {
  const int64_t now_ns = std::chrono::nanoseconds(now.time_since_epoch()).count();
  const int64_t interval = Interval(per_second);
  const int64_t allowed_at = full_at_.load(std::memory_order_relaxed) + interval - interval * burst;
  return std::chrono::nanoseconds(std::max<int64_t>(0, allowed_at - now_ns));
}

void RateLimit::GiveBack(uint32_t per_second) {
  full_at_.fetch_sub(Interval(per_second), std::memory_order_relaxed);
}

}  // namespace greeter::base
