#include "admin/refused_handshakes.h"

#include <algorithm>
#include <utility>

namespace greeter::admin {

RefusedHandshakes::RefusedHandshakes(Options options) : options_(std::move(options)) {}

void RefusedHandshakes::Add(std::string peer, std::string reason) {
  {
    const std::lock_guard lock(mutex_);
    last_ = {std::move(peer), std::move(reason)};
    ++untold_;
  }
  TellCounted();
}

void RefusedHandshakes::TellCounted() {
  RefusedHandshake told;
  {
    const std::lock_guard lock(mutex_);
    const absl::Time now = absl::Now();
    // A clock that was set back is no reason to be silent.
    const absl::Duration busy =
        std::clamp(busy_until_ - now, absl::ZeroDuration(), options_.burst * options_.interval);
    if (untold_ == 0 || busy > (options_.burst - 1) * options_.interval) return;
    busy_until_ = now + busy + options_.interval;
    told = std::move(last_);
    told.others = std::exchange(untold_, 0) - 1;
  }
  options_.audit(told);
}

}  // namespace greeter::admin
