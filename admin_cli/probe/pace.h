// When connections start: as soon as one may (closed loop) or at a fixed rate, within bounds of
// number and time. In nanoseconds of the steady clock. Owned by one thread.

#ifndef GREETER_PROBE_PACE_H_
#define GREETER_PROBE_PACE_H_

#include <cstdint>

#include "absl/time/time.h"

namespace greeter::probe {

class Pace {
 public:
  // `rate` is starts per second; 0 for a closed loop.
  Pace(double rate, uint64_t connections, absl::Duration duration);

  void Begin(int64_t now);
  int64_t begin() const { return begin_; }

  // Whether another may start at all, now or later.
  bool MayStart(int64_t now) const { return started_ < connections_ && now < end_; }
  // When the next should start: `now` in a closed loop.
  int64_t NextStart(int64_t now) const;
  bool has_rate() const { return interval_ > 0; }
  // Counts a start; gives its number, from 0.
  uint64_t Start() { return started_++; }

 private:
  // Constant after construction.
  const double interval_;
  const uint64_t connections_;
  const absl::Duration duration_;

  // Owned by the thread.
  int64_t begin_ = 0;
  int64_t end_ = 0;
  uint64_t started_ = 0;
};

}  // namespace greeter::probe

#endif  // GREETER_PROBE_PACE_H_
