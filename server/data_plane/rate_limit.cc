#include "data_plane/rate_limit.h"

#include <algorithm>

namespace greeter::data_plane {

bool RateLimit::TryTake(uint32_t per_second, uint32_t burst,
                        std::chrono::steady_clock::time_point now) {
  const int64_t now_ns = std::chrono::nanoseconds(now.time_since_epoch()).count();
  const int64_t interval = std::max<int64_t>(1, 1'000'000'000 / per_second);
  const int64_t depth = interval * burst;
  int64_t full_at = full_at_.load(std::memory_order_relaxed);
  for (;;) {
    // A bucket that was deeper before is emptier than empty for no longer than it is deep now.
    const int64_t begin = std::clamp(full_at, now_ns, now_ns + depth);
    const int64_t next = begin + interval;
    if (next > now_ns + depth) return false;
    if (full_at_.compare_exchange_weak(full_at, next, std::memory_order_relaxed)) return true;
  }
}

}  // namespace greeter::data_plane
