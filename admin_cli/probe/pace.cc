#include "probe/pace.h"

namespace greeter::probe {

Pace::Pace(double rate, uint64_t connections, absl::Duration duration)
    : interval_(rate > 0 ? 1e9 / rate : 0), connections_(connections), duration_(duration) {}

void Pace::Begin(int64_t now) {
  begin_ = now;
  const int64_t duration = absl::ToInt64Nanoseconds(duration_);
  end_ = duration > INT64_MAX - now ? INT64_MAX : now + duration;
}

int64_t Pace::NextStart(int64_t now) const {
  if (!has_rate()) return now;
  return begin_ + static_cast<int64_t>(interval_ * static_cast<double>(started_));
}

}  // namespace greeter::probe
