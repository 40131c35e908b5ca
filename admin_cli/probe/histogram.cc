#include "probe/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace greeter::probe {
namespace {

// Every power of two is divided into this many buckets of equal width; values below it have a
// bucket each.
constexpr int kBits = 7;
constexpr uint64_t kSlices = uint64_t{1} << kBits;
constexpr size_t kBuckets = (64 - kBits) * kSlices;

size_t BucketOf(uint64_t value) {
  if (value < kSlices) return value;
  const int shift = static_cast<int>(std::bit_width(value)) - 1 - kBits;
  return (static_cast<size_t>(shift) << kBits) + (value >> shift);
}

// The largest value that falls into `bucket`.
uint64_t TopOf(size_t bucket) {
  if (bucket < kSlices) return bucket;
  const size_t shift = (bucket >> kBits) - 1;
  return ((bucket - (shift << kBits) + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : buckets_(kBuckets) {}

void Histogram::Record(absl::Duration value) {
  const int64_t nanoseconds = std::max<int64_t>(0, absl::ToInt64Nanoseconds(value));
  ++buckets_[BucketOf(static_cast<uint64_t>(nanoseconds))];
  ++count_;
  max_nanoseconds_ = std::max(max_nanoseconds_, nanoseconds);
  sum_nanoseconds_ += static_cast<double>(nanoseconds);
}

void Histogram::Merge(const Histogram& other) {
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_nanoseconds_ = std::max(max_nanoseconds_, other.max_nanoseconds_);
  sum_nanoseconds_ += other.sum_nanoseconds_;
}

absl::Duration Histogram::Percentile(double percent) const {
  if (count_ == 0) return absl::ZeroDuration();
  const double rank = std::ceil(percent / 100 * static_cast<double>(count_));
  const uint64_t wanted =
      std::clamp<uint64_t>(static_cast<uint64_t>(std::max(rank, 0.0)), 1, count_);
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) {
      return absl::Nanoseconds(std::min(static_cast<int64_t>(TopOf(i)), max_nanoseconds_));
    }
  }
  return max();
}

uint64_t Histogram::CountUpTo(absl::Duration bound) const {
  const int64_t nanoseconds = std::max<int64_t>(0, absl::ToInt64Nanoseconds(bound));
  const auto end =
      buckets_.begin() + static_cast<ptrdiff_t>(BucketOf(static_cast<uint64_t>(nanoseconds)) + 1);
  return std::accumulate(buckets_.begin(), end, uint64_t{0});
}

absl::Duration Histogram::max() const { return absl::Nanoseconds(max_nanoseconds_); }

absl::Duration Histogram::mean() const {
  return count_ == 0 ? absl::ZeroDuration()
                     : absl::Nanoseconds(sum_nanoseconds_ / static_cast<double>(count_));
}

}  // namespace greeter::probe
