// Events per second with a burst, for all threads together: the generic cell rate algorithm (ITU-T
// I.371), a token bucket whose level is one point in time.

#ifndef GREETER_BASE_RATE_LIMIT_H_
#define GREETER_BASE_RATE_LIMIT_H_

#include <atomic>
#include <chrono>
#include <cstdint>

namespace greeter::base {

// Any thread.
class RateLimit {
 public:
  // Takes one of the events that are allowed at `now`: `per_second` (at least 1) on average, at
  // most `burst` (at least 1) at once. False if there is none. Both numbers may differ from call to
  // call; and a `now` that is earlier than another thread's was is taken for that one.
  bool TryTake(uint32_t per_second, uint32_t burst, std::chrono::steady_clock::time_point now);

  // How long after `now` TryTake() will allow one, if nobody else takes it.
  std::chrono::nanoseconds Wait(uint32_t per_second, uint32_t burst,
                                std::chrono::steady_clock::time_point now) const;

  // Returns one taken with the same `per_second` that was not used after all.
  void GiveBack(uint32_t per_second);

 private:
  // The latest time that any call came with, in nanoseconds of the steady clock; `now_ns` if that
  // is later.
  int64_t Latest(int64_t now_ns);

  std::atomic<int64_t> latest_ = 0;
  // When the bucket will be full again, in nanoseconds of the steady clock.
  std::atomic<int64_t> full_at_ = 0;
};

}  // namespace greeter::base

#endif  // GREETER_BASE_RATE_LIMIT_H_
