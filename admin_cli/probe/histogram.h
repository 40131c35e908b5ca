// Latencies, counted into buckets whose width grows with the value: log-linear, as HdrHistogram
// does it (which Debian 12 does not package for C++).
//
// Precision: a value is reported at most 1/128 (0.8 %) above what was recorded, never below it.
// Range: 0 to 2^63 ns. Memory: 58 KiB whatever is recorded. One thread at a time.

#ifndef GREETER_PROBE_HISTOGRAM_H_
#define GREETER_PROBE_HISTOGRAM_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace greeter::probe {

class Histogram {
 public:
  Histogram();

  // Negative values count as zero.
  void Record(absl::Duration value);

  // Adds what `other` has recorded.
  void Merge(const Histogram& other);

  uint64_t count() const { return count_; }

  // The smallest recorded value (within the precision) that `percent` of all values do not exceed:
  // Percentile(50) is the median, Percentile(100) is max(). Zero if nothing was recorded.
  absl::Duration Percentile(double percent) const;

  // How many values do not exceed `bound`, within the precision.
  uint64_t CountUpTo(absl::Duration bound) const;

  // Exact; zero if nothing was recorded.
  absl::Duration max() const;
  absl::Duration mean() const;

 private:
  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  int64_t max_nanoseconds_ = 0;
  double sum_nanoseconds_ = 0;
};

}  // namespace greeter::probe

#endif  // GREETER_PROBE_HISTOGRAM_H_
