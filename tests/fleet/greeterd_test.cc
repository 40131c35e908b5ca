// Real greeterds of one fleet: a change to one is a change to all, and clients are greeted
// meanwhile.

#include "fleet/fleet_fixture.h"
#include "gmock/gmock.h"

namespace greeter::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using FleetOfGreeterdsTest = FleetTest;

TEST_F(FleetOfGreeterdsTest, AChangeToOneIsAChangeToAll) {
  const Etcd etcd;
  Greeter& first = Join(etcd.address());
  Greeter& second = Join(etcd.address());
  Greeter& third = Join(etcd.address());
  ASSERT_TRUE(SetMessage(second, "Back soon").ok());
  for (Greeter* const greeter : {&first, &second, &third}) {
    EXPECT_TRUE(Says(*greeter, "Back soon"));
    EXPECT_THAT(History(*greeter), ElementsAre(2, 1));
    EXPECT_EQ(StatusOf(*greeter).fleet().name(), kFleet);
  }
}

TEST_F(FleetOfGreeterdsTest, ServesOnWhileEtcdIsDeadAndGoesOnWhenItIsBack) {
  Etcd etcd;
  Greeter& one = Join(etcd.address());
  Greeter& other = Join(etcd.address());
  ASSERT_TRUE(SetMessage(one, "before").ok());
  ASSERT_TRUE(Says(other, "before"));
  etcd.Kill();
  EXPECT_TRUE(WaitUntil([&] { return StatusOf(other).fleet().stale(); }));
  EXPECT_TRUE(Says(other, "before"));
  EXPECT_TRUE(IsReady(other));
  etcd.Start();
  EXPECT_TRUE(WaitUntil([&] { return SetMessage(one, "after").ok(); }));
  EXPECT_TRUE(Says(other, "after"));
  EXPECT_FALSE(StatusOf(other).fleet().stale());
}

TEST_F(FleetOfGreeterdsTest, WhoCantBindServesOnAndSaysSoUntilItCan) {
  const Etcd etcd;
  const std::string address = FreeAddress();
  Greeter& one = Join(etcd.address());
  Greeter& other = Join(etcd.address());
  ASSERT_TRUE(SetMessage(one, "before").ok());
  ASSERT_TRUE(Says(other, "before"));
  // On one machine two can't have the same.
  ASSERT_TRUE(ApplyAddress(one, address).ok());
  ASSERT_TRUE(WaitUntil([&] { return StatusOf(other).fleet().failed_revision() == 3; }));
  EXPECT_THAT(StatusOf(other).fleet().error(), HasSubstr(address));
  EXPECT_EQ(StatusOf(other).revision().number(), 2U);
  EXPECT_TRUE(Says(other, "before"));
  EXPECT_TRUE(IsReady(other));
  EXPECT_THAT(other.log(), HasSubstr("can't be applied here"));
  one.Stop();
  EXPECT_TRUE(WaitUntil([&] { return StatusOf(other).revision().number() == 3; }));
  EXPECT_EQ(StatusOf(other).fleet().failed_revision(), 0U);
}

TEST_F(FleetOfGreeterdsTest, WhoWasAloneBringsItsConfigAlongAndTakesTheFleetsAway) {
  const std::string directory = Path("state");
  Greeter& alone = StartGreeter({"--state-dir", directory});
  ASSERT_TRUE(SetMessage(alone, "brought along").ok());
  alone.Stop();
  const Etcd etcd;
  Greeter& first = Join(etcd.address(), "state");
  Greeter& second = Join(etcd.address());
  EXPECT_TRUE(Says(first, "brought along"));
  ASSERT_TRUE(SetMessage(second, "changed there").ok());
  ASSERT_TRUE(Says(first, "changed there"));
  first.Stop();
  EXPECT_TRUE(Says(StartGreeter({"--state-dir", directory}), "changed there"));
}

}  // namespace
}  // namespace greeter::testing
