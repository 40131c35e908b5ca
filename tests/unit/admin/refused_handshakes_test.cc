// However many strangers there are, the log has few records, and they tell how many there were.

#include "admin/refused_handshakes.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "support/wait_for.h"

namespace greeter::admin {
namespace {

using ::greeter::testing::WaitFor;
using ::testing::SizeIs;

class RefusedHandshakesTest : public ::testing::Test {
 protected:
  RefusedHandshakes Start(int burst, absl::Duration interval) {
    return RefusedHandshakes(
        {[this](const RefusedHandshake& told) { told_.push_back(told); }, burst, interval});
  }
  static void AddMany(RefusedHandshakes& refused, int count) {
    for (int i = 0; i < count; ++i) refused.Add("192.0.2.1:1", "it spoke no TLS");
  }
  uint64_t Count() const {
    uint64_t count = 0;
    for (const RefusedHandshake& told : told_) count += 1 + told.others;
    return count;
  }

  std::vector<RefusedHandshake> told_;
};

TEST_F(RefusedHandshakesTest, AFewAreToldOfAtOnce) {
  RefusedHandshakes refused = Start(3, absl::Hours(1));
  refused.Add("192.0.2.1:1", "it spoke no TLS");
  ASSERT_THAT(told_, SizeIs(1));
  EXPECT_EQ(told_[0].peer, "192.0.2.1:1");
  EXPECT_EQ(told_[0].reason, "it spoke no TLS");
  EXPECT_EQ(told_[0].others, 0U);
  AddMany(refused, 1000);
  EXPECT_THAT(told_, SizeIs(3));
  refused.TellCounted();
  EXPECT_THAT(told_, SizeIs(3));
}

TEST_F(RefusedHandshakesTest, TheOthersAreCountedAndToldOfLater) {
  RefusedHandshakes refused = Start(3, absl::Milliseconds(50));
  AddMany(refused, 10'000);
  EXPECT_TRUE(WaitFor([&] {
    refused.TellCounted();
    return Count() == 10'000;
  }));
  const size_t records = told_.size();
  refused.TellCounted();
  EXPECT_THAT(told_, SizeIs(records));
}

}  // namespace
}  // namespace greeter::admin
