#include "data_plane/moderation.h"

#include <gtest/gtest.h>

namespace greeter::data_plane {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

class ModerationTest : public ::testing::Test {
 protected:
  // Turns of `accepted` connections, one every `interval`; how many were followed by a rest.
  int Turns(int turns, size_t accepted, microseconds interval) {
    int rests = 0;
    for (int i = 0; i < turns; ++i) {
      now_ += interval;
      rests += moderation_.ShouldRest(accepted, false, now_) ? 1 : 0;
    }
    return rests;
  }

  Moderation moderation_;
  Moderation::Clock::time_point now_{seconds(1000)};
};

TEST_F(ModerationTest, AQuietWorkerNeverRests) { EXPECT_EQ(Turns(20'000, 1, microseconds(51)), 0); }

TEST_F(ModerationTest, ABusyWorkerRestsWhileThatBringsCompany) {
  EXPECT_EQ(Turns(1, 2, microseconds(60)), 0);
  // The turns until the first attempt, and some of its rests.
  const int trial = static_cast<int>(Moderation::kTrialInterval / microseconds(60));
  EXPECT_GT(Turns(trial + 3, 2, microseconds(60)), 0);
  EXPECT_EQ(Turns(1000, 12, microseconds(300)), 1000);
}

TEST_F(ModerationTest, RestsThatBringFewAreSoonGivenUp) {
  // Clients who wait for one another: four come at once, and nobody else until they are greeted.
  const int turns = 100'000;
  const int rests = Turns(turns, 4, microseconds(120));
  EXPECT_GT(rests, 0);
  // A dozen an attempt, and two attempts a second.
  EXPECT_LE(rests, 12 * (2 * 12 + 1));
}

TEST_F(ModerationTest, OneSmallTurnAmongMany) {
  Turns(100'000, 12, microseconds(300));
  EXPECT_EQ(Turns(1, 1, microseconds(300)), 1);
}

TEST_F(ModerationTest, NobodyRestsWhileSomeAreQueued) {
  Turns(100'000, 12, microseconds(300));
  EXPECT_FALSE(moderation_.ShouldRest(64, true, now_));
  EXPECT_TRUE(moderation_.ShouldRest(64, false, now_));
}

TEST_F(ModerationTest, ATurnThatAcceptsNobodyIsFollowedByNoRest) {
  Turns(100'000, 12, microseconds(300));
  EXPECT_FALSE(moderation_.ShouldRest(0, false, now_));
}

}  // namespace
}  // namespace greeter::data_plane
