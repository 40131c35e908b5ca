// How long things took, in classes: a histogram that one worker writes and anyone reads. It costs
// its worker two stores to a cache line of its own, and no look at the clock: it is given
// differences of the times that the worker knows anyway.

#ifndef GREETER_DATA_PLANE_DURATIONS_H_
#define GREETER_DATA_PLANE_DURATIONS_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "data_plane/counter.h"

namespace greeter::data_plane {

// The longest duration of each class but the last, which has no end.
inline constexpr std::array<std::chrono::milliseconds, 13> kDurationBounds = {
    std::chrono::milliseconds(1),      std::chrono::milliseconds(5),
    std::chrono::milliseconds(25),     std::chrono::milliseconds(50),
    std::chrono::milliseconds(100),    std::chrono::milliseconds(250),
    std::chrono::milliseconds(500),    std::chrono::milliseconds(1'000),
    std::chrono::milliseconds(2'500),  std::chrono::milliseconds(5'000),
    std::chrono::milliseconds(10'000), std::chrono::milliseconds(30'000),
    std::chrono::milliseconds(60'000)};

struct DurationsReading {
  // How many fell into each class.
  std::array<uint64_t, kDurationBounds.size() + 1> counts = {};
  std::chrono::duration<double> sum = {};
};

class alignas(64) Durations {
 public:
  // The worker.
  void Record(std::chrono::nanoseconds duration) {
    size_t i = 0;
    while (i < kDurationBounds.size() && duration > kDurationBounds[i]) ++i;
    counts_[i].Add(1);
    sum_.Add(static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(duration).count()));
  }

  // Any thread.
  void AddTo(DurationsReading* reading) const {
    for (size_t i = 0; i < counts_.size(); ++i) reading->counts[i] += counts_[i].Get();
    reading->sum += std::chrono::duration<double, std::micro>(sum_.Get());
  }

 private:
  // In microseconds: a busy worker's connections live thousands of seconds in one, and nanoseconds
  // would overflow within weeks. Beside the classes of the quick, which are nearly all.
  Counter sum_;
  std::array<Counter, kDurationBounds.size() + 1> counts_;
};

}  // namespace greeter::data_plane

#endif  // GREETER_DATA_PLANE_DURATIONS_H_
