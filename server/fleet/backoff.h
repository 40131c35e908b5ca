// Delays between attempts: doubling, and jittered so that many who failed at once do not come back
// at once. One thread at a time.

#ifndef GREETER_FLEET_BACKOFF_H_
#define GREETER_FLEET_BACKOFF_H_

#include <algorithm>
#include <random>

#include "absl/time/time.h"

namespace greeter::fleet {

class Backoff {
 public:
  Backoff(absl::Duration initial, absl::Duration most)
      : initial_(initial), most_(most), next_(initial) {}

  // Half to all of the delay that is due.
  absl::Duration Next() {
    const absl::Duration delay = next_;
    next_ = std::min(next_ * 2, most_);
    return Jittered(delay);
  }
  void Reset() { next_ = initial_; }

  absl::Duration Jittered(absl::Duration delay) {
    return delay * std::uniform_real_distribution<>(0.5, 1)(random_);
  }

 private:
  const absl::Duration initial_;
  const absl::Duration most_;
  absl::Duration next_;
  std::minstd_rand random_{std::random_device()()};
};

}  // namespace greeter::fleet

#endif  // GREETER_FLEET_BACKOFF_H_
