// The histogram against sorted values.

#include "probe/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace greeter::probe {
namespace {

TEST(HistogramTest, IsNeverBelowAndAtMostOne128thAboveTheTruth) {
  std::mt19937_64 random(1);  // NOLINT(cert-msc51-cpp): the same values every time
  std::lognormal_distribution<double> latencies(11, 3);
  Histogram first;
  Histogram second;
  std::vector<int64_t> sorted;
  for (int i = 0; i < 100'000; ++i) {
    sorted.push_back(static_cast<int64_t>(latencies(random)));
    (i % 2 == 0 ? first : second).Record(absl::Nanoseconds(sorted.back()));
  }
  first.Merge(second);
  std::sort(sorted.begin(), sorted.end());
  for (const double percent : {0.001, 1.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const auto rank = static_cast<size_t>(percent / 100 * 100'000);
    const auto truth = static_cast<double>(sorted[rank - 1]);
    const double reported = absl::ToDoubleNanoseconds(first.Percentile(percent));
    EXPECT_GE(reported, truth) << percent;
    EXPECT_LE(reported, truth * (1 + 1.0 / 128)) << percent;
  }
  EXPECT_EQ(first.count(), 100'000U);
  EXPECT_EQ(absl::ToInt64Nanoseconds(first.max()), sorted.back());
}

TEST(HistogramTest, HoldsItsExtremes) {
  Histogram histogram;
  EXPECT_EQ(histogram.Percentile(99), absl::ZeroDuration());
  histogram.Record(absl::Nanoseconds(-5));
  EXPECT_EQ(histogram.Percentile(100), absl::ZeroDuration());
  histogram.Record(absl::Nanoseconds(INT64_MAX));
  EXPECT_EQ(histogram.Percentile(100), absl::Nanoseconds(INT64_MAX));
}

}  // namespace
}  // namespace greeter::probe
