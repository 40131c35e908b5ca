#include "base/rate_limit.h"

#include <gtest/gtest.h>

namespace greeter::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class RateLimitTest : public ::testing::Test {
 protected:
  // How many of `attempts` made now are allowed.
  int Take(int attempts, uint32_t per_second, uint32_t burst) {
    int taken = 0;
    for (int i = 0; i < attempts; ++i) taken += limit_.TryTake(per_second, burst, now_) ? 1 : 0;
    return taken;
  }

  RateLimit limit_;
  std::chrono::steady_clock::time_point now_{seconds(1000)};
};

TEST_F(RateLimitTest, AllowsTheBurstAndThenTheRate) {
  EXPECT_EQ(Take(100, 10, 5), 5);
  now_ += milliseconds(99);
  EXPECT_EQ(Take(100, 10, 5), 0);
  now_ += milliseconds(1);
  EXPECT_EQ(Take(100, 10, 5), 1);
  now_ += milliseconds(300);
  EXPECT_EQ(Take(100, 10, 5), 3);
}

TEST_F(RateLimitTest, SaysHowLongToWait) {
  EXPECT_EQ(limit_.Wait(10, 5, now_).count(), 0);
  EXPECT_EQ(Take(100, 10, 5), 5);
  EXPECT_EQ(limit_.Wait(10, 5, now_), milliseconds(100));
  now_ += milliseconds(70);
  EXPECT_EQ(limit_.Wait(10, 5, now_), milliseconds(30));
  now_ += milliseconds(30);
  EXPECT_EQ(limit_.Wait(10, 5, now_).count(), 0);
  EXPECT_EQ(Take(100, 10, 5), 1);
}

TEST_F(RateLimitTest, SavesUpNoMoreThanTheBurst) {
  EXPECT_EQ(Take(100, 10, 5), 5);
  now_ += seconds(60);
  EXPECT_EQ(Take(100, 10, 5), 5);
}

TEST_F(RateLimitTest, KeepsTheAverageOverManySteps) {
  int taken = 0;
  for (int i = 0; i < 1000; ++i) {
    taken += Take(3, 100, 2);
    now_ += milliseconds(7);
  }
  // Seven seconds at 100 per second.
  EXPECT_NEAR(taken, 700, 2);
}

// Of a thread that read the clock and then had to wait for a processor.
TEST_F(RateLimitTest, AnEarlierTimeForgivesNothing) {
  EXPECT_EQ(Take(100, 10, 5), 5);
  now_ -= milliseconds(60);
  EXPECT_EQ(Take(100, 10, 5), 0);
  now_ += milliseconds(60 + 99);
  EXPECT_EQ(Take(100, 10, 5), 0);
  now_ += milliseconds(1);
  EXPECT_EQ(Take(100, 10, 5), 1);
}

TEST_F(RateLimitTest, TakesAChangedLimitAtOnce) {
  EXPECT_EQ(Take(1000, 1, 1000), 1000);
  // A thousand seconds of debt under the old limit; under the new one no more than its burst's.
  EXPECT_EQ(Take(100, 100, 1), 0);
  now_ += milliseconds(10);
  EXPECT_EQ(Take(100, 100, 1), 1);
}

}  // namespace
}  // namespace greeter::base
