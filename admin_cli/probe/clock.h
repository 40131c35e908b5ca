// Time in nanoseconds. Any thread.

#ifndef GREETER_PROBE_CLOCK_H_
#define GREETER_PROBE_CLOCK_H_

#include <cstdint>
#include <ctime>

namespace greeter::probe {

inline int64_t ClockNow(clockid_t clock) {
  timespec time = {};
  clock_gettime(clock, &time);
  return time.tv_sec * int64_t{1'000'000'000} + time.tv_nsec;
}

// Of the steady clock.
inline int64_t Now() { return ClockNow(CLOCK_MONOTONIC); }

}  // namespace greeter::probe

#endif  // GREETER_PROBE_CLOCK_H_
