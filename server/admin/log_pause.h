// Keeps what happens again and again from filling the log.

#ifndef GREETER_ADMIN_LOG_PAUSE_H_
#define GREETER_ADMIN_LOG_PAUSE_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace greeter::admin {

// For one kind of record: the first is due, and then one a minute. One owner, one thread.
class LogPause {
 public:
  // Whether to log now; if so, the next time is a minute away.
  bool IsDue() {
    const absl::Time now = absl::Now();
    if (now < logged_ + absl::Minutes(1)) return false;
    logged_ = now;
    return true;
  }

 private:
  absl::Time logged_ = absl::InfinitePast();
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_LOG_PAUSE_H_
