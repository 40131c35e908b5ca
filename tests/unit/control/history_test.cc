// The history: listing it, and going back in it.

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "controller_fixture.h"

namespace greeter::control {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class HistoryTest : public ControllerTest {
 protected:
  using Revisions = absl::StatusOr<std::vector<api::Revision>>;

  Revisions List(uint64_t before, size_t limit) {
    Delivery<Revisions> listed;
    controller_->ListRevisions(before, limit, [this, &listed](Revisions answer) {
      answered_on_ = std::this_thread::get_id();
      listed.Deliver(std::move(answer));
    });
    return listed.Await();
  }
  std::vector<uint64_t> Numbers(uint64_t before, size_t limit) {
    const Revisions listed = List(before, limit);
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<uint64_t> numbers;
    for (const api::Revision& revision : *listed) numbers.push_back(revision.number());
    return numbers;
  }

  static api::RollBackRequest To(uint64_t revision) {
    api::RollBackRequest request;
    request.set_revision(revision);
    return request;
  }
  // Revisions 1 ("Hello world" at :1), 2 ("Moin") and 3 (at :2).
  void MakeHistory() {
    Start();
    ASSERT_TRUE(Run(SetMessage(Message("Moin"))).ok());
    ASSERT_TRUE(Run(ApplyConfig(Application(ConfigOf({{"default", ":2"}})))).ok());
    journal_.Clear();
  }

  std::thread::id answered_on_;
};

TEST_F(HistoryTest, ListsNewestFirstOnTheControllerThread) {
  MakeHistory();
  EXPECT_THAT(Numbers(UINT64_MAX, 10), ElementsAre(3, 2, 1));
  EXPECT_THAT(Numbers(UINT64_MAX, 2), ElementsAre(3, 2));
  EXPECT_THAT(Numbers(2, 2), ElementsAre(1));
  EXPECT_THAT(Numbers(1, 2), IsEmpty());
  EXPECT_THAT(data_plane_.callers(), ElementsAre(answered_on_));
  EXPECT_EQ(List(UINT64_MAX, 1)->front().action(), "apply config");
}

// The clock of the one that made the last was ahead, or wrong.
TEST_F(HistoryTest, ARevisionIsLaterThanTheOneBeforeUnlessThatIsFarAhead) {
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  Record ahead;
  ahead.revision.set_number(1);
  ahead.revision.mutable_time()->set_seconds(now + 1800);
  ahead.config = ConfigOf({{"default", ":1"}});
  ASSERT_TRUE(store_.Append(ahead).ok());
  Record wrong = ahead;
  wrong.revision.set_number(3);
  wrong.revision.mutable_time()->set_seconds(now + 7200);
  Start();
  const Result later = Run(SetMessage(Message("Moin")));
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_EQ(later->revision.time().seconds(), now + 1800);
  EXPECT_GT(later->revision.time().nanos(), 0);
  ASSERT_TRUE(store_.Append(wrong).ok());
  MakeController();
  Start();
  const Result result = Run(SetMessage(Message("Servus")));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->revision.number(), 4U);
  EXPECT_LT(result->revision.time().seconds(), now + 1800);
}

TEST_F(HistoryTest, SaysThatItCannotBeRead) {
  MakeHistory();
  store_.broken = true;
  EXPECT_EQ(List(UINT64_MAX, 1).status().code(), absl::StatusCode::kUnavailable);
  store_.broken = false;
  controller_->Stop();
  EXPECT_EQ(List(UINT64_MAX, 1).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(HistoryTest, RollsBackByANewRevision) {
  MakeHistory();
  Change change = RollBack(To(1));
  change.author = "alice";
  change.options.set_comment("typo");
  const Result result = Run(std::move(change));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->revision.number(), 4U);
  EXPECT_EQ(result->revision.author(), "alice");
  EXPECT_EQ(result->revision.action(), "roll back to revision 1");
  EXPECT_EQ(result->revision.comment(), "typo");
  ASSERT_EQ(result->listeners.size(), 1U);
  EXPECT_EQ(result->listeners[0].bound_address(), "bound:1");
  EXPECT_EQ(result->config.SerializeAsString(), store_.Get(1)->config.SerializeAsString());
  EXPECT_EQ(Text(), "Hello world");
  EXPECT_THAT(journal_.Entries(), ElementsAre("prepare", "record 4", "activate 4"));
  // And from there back again.
  EXPECT_EQ(Run(RollBack(To(3)))->listeners[0].bound_address(), "bound:2");
  EXPECT_THAT(Numbers(UINT64_MAX, 10), ElementsAre(5, 4, 3, 2, 1));
}

TEST_F(HistoryTest, RollingBackIsIdempotent) {
  MakeHistory();
  EXPECT_EQ(Run(RollBack(To(1)))->revision.number(), 4U);
  journal_.Clear();
  for (const uint64_t same : {1U, 4U}) {
    const Result result = Run(RollBack(To(same)));
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->revision.number(), 4U);
    EXPECT_EQ(result->config.listeners_size(), 1);
  }
  EXPECT_THAT(journal_.Entries(), IsEmpty());
}

TEST_F(HistoryTest, RollsBackToNoRevisionThatIsNotThere) {
  MakeHistory();
  const absl::Status unknown = Run(RollBack(To(4))).status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(unknown.message(), "no revision 4; the current one is 3");
  EXPECT_THAT(Fields(Run(RollBack({})).status()), ElementsAre("revision"));
  EXPECT_THAT(journal_.Entries(), IsEmpty());
}

TEST_F(HistoryTest, RollsBackToNoRevisionThatIsNoLongerKept) {
  store::MemoryStore small(2);
  Controller controller(&data_plane_, &small, {});
  ASSERT_TRUE(controller.Start(ConfigOf({{"default", ":1"}})).ok());
  for (const char* text : {"two", "three"}) {
    Delivery<Result> set;
    controller.Submit(SetMessage(Message(text)), [&](Result r) { set.Deliver(std::move(r)); });
    ASSERT_TRUE(set.Await().ok());
  }
  Delivery<Result> rolled_back;
  controller.Submit(RollBack(To(1)), [&](Result r) { rolled_back.Deliver(std::move(r)); });
  const absl::Status status = rolled_back.Await().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "no revision 1; those kept are 2 to 3");
}

// Promise 6: all or nothing.
TEST_F(HistoryTest, ChangesNothingIfAnAddressIsTakenByNow) {
  MakeHistory();
  data_plane_.Take(":1");
  const absl::Status status = Run(RollBack(To(1))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "nothing changed: listener \"default\": :1 is in use");
  EXPECT_THAT(journal_.Entries(), ElementsAre("prepare", "drop"));
  EXPECT_EQ(Revision(), 3U);
  EXPECT_EQ(State(), api::ListenerStatus::STATE_LISTENING);
}

// Promise 6.
TEST_F(HistoryTest, ChangesNothingThatItCannotReadOrRecord) {
  MakeHistory();
  store_.broken = true;
  EXPECT_EQ(Run(RollBack(To(1))).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(journal_.Entries(), IsEmpty());
  EXPECT_EQ(Revision(), 3U);
}

// Promise 8: never silently overwritten.
TEST_F(HistoryTest, RefusesAWriterThatReadAnotherRevision) {
  MakeHistory();
  api::RollBackRequest request = To(1);
  request.mutable_change()->set_expected_revision(2);
  EXPECT_EQ(Run(RollBack(request)).status().code(), absl::StatusCode::kAborted);
  request.mutable_change()->set_expected_revision(3);
  EXPECT_TRUE(Run(RollBack(request)).ok());
}

TEST_F(HistoryTest, ValidateOnlyTellsWhatItWouldGoBackTo) {
  MakeHistory();
  api::RollBackRequest request = To(2);
  request.mutable_change()->set_validate_only(true);
  const Result result = Run(RollBack(request));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->revision.number(), 4U);
  EXPECT_EQ(result->config.listeners(0).greeting().text(), "Moin");
  EXPECT_EQ(Revision(), 3U);
  EXPECT_EQ(Text(), "Hello world");
}

TEST_F(HistoryTest, AConfigThatIsNoLongerValidIsNoFaultOfTheRequest) {
  for (const uint64_t number : {1U, 2U}) {
    Record record;
    record.revision.set_number(number);
    record.config = ConfigOf({{"default", number == 1 ? "bad" : ":1"}});
    ASSERT_TRUE(store_.Append(record).ok());
  }
  Start();
  api::RollBackRequest request = To(1);
  const absl::Status status = Run(RollBack(request)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("revision 1 holds no valid Config"),
                    HasSubstr("listeners[0].address: does not parse"), HasSubstr("mend a copy")));
  // What is wrong with the request itself comes first.
  request.mutable_change()->set_comment(std::string(1025, 'x'));
  EXPECT_THAT(Fields(Run(RollBack(request)).status()).front(), "change.comment");
  EXPECT_THAT(journal_.Entries(), IsEmpty());
}

TEST_F(HistoryTest, EarlierConfigsAreCompletedForThisVersion) {
  Record record;
  record.revision.set_number(1);
  record.config = ConfigOf({{"default", ":1"}});
  ASSERT_TRUE(store_.Append(record).ok());
  Start();
  ASSERT_TRUE(Run(SetMessage(Message("Moin"))).ok());
  const Result result = Run(RollBack(To(1)));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->config.listeners(0).limits().linger_timeout().seconds(), 5);
}

TEST_F(HistoryTest, KeepsTheConfigFileAppliedLast) {
  ASSERT_TRUE(controller_->Start(ConfigOf({{"default", ":1"}}), "hash-1").ok());
  ASSERT_TRUE(Run(SetMessage(Message("Moin"))).ok());
  ASSERT_TRUE(Run(RollBack(To(1))).ok());
  EXPECT_EQ(controller_->snapshot()->file->hash, "hash-1");
  EXPECT_EQ(controller_->snapshot()->file->revision, 1U);
}

// The answer to a change of one listener does not carry every greeting.
TEST_F(HistoryTest, OnlyChangesOfTheWholeConfigAnswerWithIt) {
  Start();
  EXPECT_EQ(Run(SetMessage(Message("Moin")))->config.listeners_size(), 0);
  const Result applied = Run(ApplyConfig(Application(ConfigOf({{"default", ":2"}}))));
  ASSERT_EQ(applied->config.listeners_size(), 1);
  EXPECT_TRUE(applied->config.listeners(0).enabled());
  EXPECT_EQ(Run(ApplyConfig(Application(applied->config)))->config.listeners_size(), 1);
}

}  // namespace
}  // namespace greeter::control
