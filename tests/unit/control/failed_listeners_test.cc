// Listeners that can't bind: FAILED, retried, and no hindrance to others.

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "controller_fixture.h"

namespace greeter::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class FailedListenersTest : public ControllerTest {};

TEST_F(FailedListenersTest, StartsWithAListenerThatCannotBindAndRetriesIt) {
  options_.retry_initial = absl::Milliseconds(20);
  options_.retry_max = absl::Milliseconds(80);
  MakeController();
  data_plane_.Take(":2");
  const auto asked = std::chrono::steady_clock::now();
  ASSERT_TRUE(controller_->Start(ConfigOf({{"default", ":1"}, {"late", ":2"}})).ok());
  EXPECT_EQ(State(1), api::ListenerStatus::STATE_FAILED);
  EXPECT_EQ(controller_->snapshot()->listeners[1].error(), ":2 is in use");
  EXPECT_FALSE(controller_->snapshot()->serving());

  // At the start, after 20 ms, then 40, 80, 80: doubling, and no further than its bound.
  const auto times = journal_.Await("prepare", 5);
  ASSERT_GE(times.size(), 5U);
  EXPECT_GE(times[1] - times[0], std::chrono::milliseconds(20));
  EXPECT_GE(times[2] - times[1], std::chrono::milliseconds(40));
  EXPECT_GE(times[3] - times[2], std::chrono::milliseconds(80));
  EXPECT_GE(times[4] - times[3], std::chrono::milliseconds(80));
  EXPECT_LT(times[4] - asked, std::chrono::seconds(15));

  data_plane_.Release(":2");
  EXPECT_THAT(journal_.Await("activate 1", 2), SizeIs(2));
  EXPECT_EQ(Run(Starting("late"))->revision.number(), 1U);
  EXPECT_TRUE(controller_->snapshot()->serving());
  const auto entries = journal_.Entries();
  EXPECT_EQ(std::count(entries.begin(), entries.end(), "record 1"), 1);
}

TEST_F(FailedListenersTest, RetriesNoLessOftenThanItsBound) {
  options_.retry_initial = absl::Milliseconds(1);
  options_.retry_max = absl::Milliseconds(2);
  MakeController();
  data_plane_.Take(":1");
  ASSERT_TRUE(controller_->Start(ConfigOf({{"default", ":1"}})).ok());
  // Without a bound the last delay alone would be nine minutes.
  EXPECT_GE(journal_.Await("prepare", 20).size(), 20U);
}

TEST_F(FailedListenersTest, ShowsAChangedReasonForAFailure) {
  options_.retry_initial = absl::Milliseconds(1);
  MakeController();
  data_plane_.Take(":1", "is in use");
  ASSERT_TRUE(controller_->Start(ConfigOf({{"default", ":1"}})).ok());
  data_plane_.Take(":1", "needs privileges");
  EXPECT_THAT(journal_.Await("activate 1", 2), SizeIs(2));
  EXPECT_EQ(Run(SetMessage(Message("Moin")))->listeners[0].error(), ":1 needs privileges");
}

TEST_F(FailedListenersTest, AFailedListenerDoesNotHinderOtherChanges) {
  options_.retry_initial = absl::Hours(1);
  MakeController();
  data_plane_.Take(":1");
  data_plane_.Take(":2");
  Start(ConfigOf({{"default", ":1"}, {"other", ":3"}}));
  // Its own message, and another listener.
  EXPECT_TRUE(Run(SetMessage(Message("Moin"))).ok());
  EXPECT_TRUE(Run(Stopping("other")).ok());
  EXPECT_EQ(State(0), api::ListenerStatus::STATE_FAILED);
  // A new address is asked for, so it must bind.
  EXPECT_EQ(Run(ApplyConfig(Application(ConfigOf({{"default", ":2"}})))).status().code(),
            absl::StatusCode::kFailedPrecondition);
  // Another listener that fails is not excused by this one.
  EXPECT_EQ(
      Run(ApplyConfig(Application(ConfigOf({{"default", ":1"}, {"new", ":2"}})))).status().code(),
      absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Revision(), 3U);
  // Moved to a free one, it serves.
  EXPECT_TRUE(Run(ApplyConfig(Application(ConfigOf({{"default", ":4"}})))).ok());
  EXPECT_TRUE(controller_->snapshot()->serving());
}

TEST_F(FailedListenersTest, StartingAFailedListenerTriesAtOnce) {
  options_.retry_initial = absl::Hours(1);
  MakeController();
  data_plane_.Take(":1");
  Start();
  const Result refused = Run(Starting("default"));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr(":1 is in use"));

  data_plane_.Release(":1");
  api::StartListeningRequest trial;
  trial.mutable_change()->set_validate_only(true);
  EXPECT_EQ(Run(StartListening(trial))->listeners[0].state(), api::ListenerStatus::STATE_LISTENING);
  EXPECT_EQ(State(), api::ListenerStatus::STATE_FAILED);

  const Result started = Run(Starting("default"));
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_EQ(started->revision.number(), 1U);
  EXPECT_EQ(started->listeners[0].state(), api::ListenerStatus::STATE_LISTENING);
  EXPECT_THAT(journal_.Entries(),
              ElementsAre("prepare", "drop", "prepare", "drop", "prepare", "activate 1"));
}

// Bound in time, and yet too late to listen: a process that was just as quick. What is recorded by
// then is not denied, to the client or to the audit.
TEST_F(FailedListenersTest, AChangeThatFailsWhenItIsRecordedSaysSo) {
  std::vector<Decision> told;
  options_.audit = [&told](const Decision& decision) { told.push_back(decision); };
  options_.retry_initial = absl::Hours(1);
  MakeController();
  Start();
  data_plane_.TakeWhenListening(":2");
  const Result failed = Run(ApplyConfig(Application(ConfigOf({{"default", ":2"}}))));
  EXPECT_EQ(failed.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(failed.status().message()), HasSubstr("revision 2 is recorded"));
  EXPECT_EQ(Revision(), 2U);
  EXPECT_EQ(State(), api::ListenerStatus::STATE_FAILED);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].before, 1U);
  EXPECT_EQ(told[0].after, 2U);
  EXPECT_EQ(told[0].outcome, absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace greeter::control
