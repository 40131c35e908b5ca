// A store that is shared: what others record, what can't be applied here, and what can't be heard.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "config/defaults.h"
#include "controller_fixture.h"

namespace greeter::control {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What others share with the controller; any thread.
class SharedStore final : public ConfigStore {
 public:
  // Another greeterd records `config`.
  Record OthersRecord(const api::Config& config) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return RecordLocked(config);
  }
  // The same just before the controller's next Append().
  void OthersRecordFirst(const api::Config& config) {
    const std::lock_guard<std::mutex> lock(mutex_);
    first_ = config;
  }
  // Whether the others are heard; if not, Latest() gives `copy`.
  void SetHeard(bool heard, std::optional<Record> copy = std::nullopt) {
    const std::lock_guard<std::mutex> lock(mutex_);
    heard_ = heard;
    copy_ = std::move(copy);
  }
  // Append() records, and gives this all the same.
  void LoseAnswers(bool lose) {
    const std::lock_guard<std::mutex> lock(mutex_);
    loses_ = lose;
  }
  std::optional<Record> newest() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return newest_;
  }

  absl::StatusOr<std::optional<Record>> Latest() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (heard_) return newest_;
    if (copy_.has_value()) return copy_;
    return absl::UnavailableError("tried nobody");
  }
  absl::StatusOr<Record> Get(uint64_t revision) override { return records_.Get(revision); }
  absl::StatusOr<std::vector<api::Revision>> List(uint64_t before, size_t limit) override {
    return records_.List(before, limit);
  }
  absl::Status Append(const Record& record) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!heard_) return absl::UnavailableError("tried nobody");
    if (first_.has_value()) RecordLocked(*std::exchange(first_, std::nullopt));
    if (record.follows != (newest_.has_value() ? newest_->write_id : "")) {
      return absl::AbortedError("another was first");
    }
    newest_ = record;
    EXPECT_TRUE(records_.Append(record).ok());
    return loses_ ? absl::DeadlineExceededError("the answer is lost") : absl::OkStatus();
  }
  std::optional<api::FleetStatus> sharing() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    api::FleetStatus status;
    status.set_name("web");
    status.set_stale(!heard_);
    if (!heard_) status.set_problem("tried nobody");
    return status;
  }

 private:
  Record RecordLocked(const api::Config& config) {
    Record record;
    record.revision.set_number(newest_.has_value() ? newest_->revision.number() + 1 : 1);
    // One of its own.
    record.revision.mutable_time()->set_seconds(1000 +
                                                static_cast<int64_t>(record.revision.number()));
    record.config = config;
    record.write_id = NewWriteId();
    EXPECT_TRUE(records_.Append(record).ok());
    newest_ = record;
    return record;
  }

  mutable std::mutex mutex_;
  bool heard_ = true;
  bool loses_ = false;
  std::optional<Record> copy_;
  std::optional<api::Config> first_;
  std::optional<Record> newest_;
  store::MemoryStore records_;
};

class ConvergenceTest : public ControllerTest {
 protected:
  ConvergenceTest() {
    options_.retry_initial = absl::Milliseconds(1);
    options_.retry_max = absl::Milliseconds(10);
    options_.audit = [this](const Decision& decision) { decisions_.push_back(decision); };
    controller_ = std::make_unique<Controller>(&data_plane_, &shared_, options_);
  }

  static api::Config Saying(const std::string& text, const std::string& address = ":1") {
    api::Config config = ConfigOf({{"default", address}});
    config.mutable_listeners(0)->mutable_greeting()->set_text(text);
    return config;
  }
  // Tells the controller, and returns when it has heard.
  void Changed() {
    controller_->StoreChanged();
    Drain();
  }
  void Drain() {
    Delivery<bool> done;
    controller_->ListRevisions(1, 1, [&done](const auto& /*revisions*/) { done.Deliver(true); });
    done.Await();
  }
  template <typename Predicate>
  static bool Until(Predicate happened) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!happened()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }
  api::FleetStatus Fleet() const { return *controller_->snapshot()->fleet; }
  static Change SayingExpecting(const std::string& text, uint64_t revision) {
    api::SetMessageRequest request = Message(text);
    request.mutable_change()->set_expected_revision(revision);
    return SetMessage(request);
  }

  SharedStore shared_;
  std::vector<Decision> decisions_;  // of the controller thread, read after an answer
};

TEST_F(ConvergenceTest, TheFirstRecordsWhatItWasGivenAndTheNextTakesIt) {
  Start(Saying("first"));
  EXPECT_EQ(shared_.newest()->revision.number(), 1U);
  EXPECT_FALSE(Fleet().stale());
  Controller second(&data_plane_, &shared_, options_);
  ASSERT_TRUE(second.Start(Saying("second")).ok());
  EXPECT_EQ(second.snapshot()->config.listeners(0).greeting().text(), "first");
}

TEST_F(ConvergenceTest, OfTwoWhoBeginAtOnceOneIsFirstAndTheOtherTakesIt) {
  shared_.OthersRecordFirst(Saying("theirs"));
  Start(Saying("ours"));
  EXPECT_EQ(Text(), "theirs");
  EXPECT_EQ(Revision(), 1U);
}

TEST_F(ConvergenceTest, PutsInForceWhatOthersRecord) {
  Start(Saying("ours"));
  shared_.OthersRecord(Saying("theirs"));
  Changed();
  EXPECT_THAT(journal_.Entries(), ElementsAre("prepare", "activate 2"));
  EXPECT_EQ(Text(), "theirs");
  EXPECT_THAT(decisions_, IsEmpty()) << "nobody has decided anything here";
}

TEST_F(ConvergenceTest, HearsOfItsOwnRevisionWithoutDoingItTwice) {
  Start(Saying("ours"));
  ASSERT_TRUE(Run(SetMessage(Message("again"))).ok());
  journal_.Clear();
  Changed();
  EXPECT_THAT(journal_.Entries(), IsEmpty());
}

TEST_F(ConvergenceTest, KeepsServingWhenARevisionCantBeAppliedAndTriesAgain) {
  Start(Saying("ours"));
  data_plane_.Take(":2");
  shared_.OthersRecord(Saying("theirs", ":2"));
  Changed();
  EXPECT_EQ(Text(), "ours");
  EXPECT_EQ(Revision(), 1U);
  EXPECT_EQ(Fleet().failed_time().seconds(), 1002);
  EXPECT_EQ(State(), api::ListenerStatus::STATE_LISTENING);
  EXPECT_EQ(Fleet().failed_revision(), 2U);
  EXPECT_THAT(Fleet().error(), HasSubstr(":2"));
  EXPECT_FALSE(Fleet().stale());
  EXPECT_THAT(controller_->GetStatus("")->warnings(0),
              AllOf(HasSubstr("revision 2"), HasSubstr(":2")));
  data_plane_.Release(":2");
  EXPECT_TRUE(Until([this] { return Revision() == 2; }));
  EXPECT_EQ(Text(), "theirs");
  EXPECT_EQ(Fleet().failed_revision(), 0U);
}

TEST_F(ConvergenceTest, WhatIsNoValidConfigHereIsNotApplied) {
  Start(Saying("ours"));
  shared_.OthersRecord(ConfigOf({{"default", "bad"}}));
  Changed();
  EXPECT_EQ(Revision(), 1U);
  EXPECT_THAT(Fleet().error(), HasSubstr("listeners[0].address"));
}

// So that whoever can't apply a revision is no place from which nobody can mend it.
TEST_F(ConvergenceTest, AChangeFollowsTheRevisionThatCouldNotBeApplied) {
  Start(Saying("ours"));
  data_plane_.Take(":2");
  shared_.OthersRecord(Saying("theirs", ":2"));
  Changed();
  EXPECT_EQ(Run(SetMessage(Message("more"))).status().code(),
            absl::StatusCode::kFailedPrecondition);
  const Result mended = Run(ApplyConfig(Application(Saying("mended", ":3"))));
  ASSERT_TRUE(mended.ok()) << mended.status();
  EXPECT_EQ(Revision(), 3U);
  EXPECT_EQ(Text(), "mended");
  EXPECT_EQ(Fleet().failed_revision(), 0U);
}

// Promise 8: never silently overwritten.
TEST_F(ConvergenceTest, WhoExpectsARevisionIsToldThatAnotherWasFirst) {
  Start(Saying("ours"));
  shared_.OthersRecordFirst(Saying("theirs"));
  const Result result = Run(SayingExpecting("mine", 1));
  EXPECT_TRUE(absl::IsAborted(result.status())) << result.status();
  EXPECT_EQ(Text(), "theirs");
  ASSERT_EQ(decisions_.size(), 1U);
  EXPECT_EQ(decisions_[0].before, decisions_[0].after) << "the change was not recorded";
  EXPECT_TRUE(Run(SayingExpecting("mine", 2)).ok());
}

TEST_F(ConvergenceTest, WhoExpectsNothingChangesWhatTheOtherMade) {
  Start(ConfigOf({{"default", ":1"}, {"other", ":2"}}));
  api::Config theirs = ConfigOf({{"default", ":1"}, {"other", ":3"}});
  config::Complete(theirs);
  shared_.OthersRecordFirst(theirs);
  const Result result = Run(SetMessage(Message("mine")));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->revision.number(), 3U);
  EXPECT_EQ(Text(), "mine");
  EXPECT_EQ(controller_->snapshot()->config.listeners(1).address(), ":3");
}

TEST_F(ConvergenceTest, SaysThatAnOutcomeIsNotKnownAndLearnsIt) {
  Start(Saying("ours"));
  shared_.LoseAnswers(true);
  const Result result = Run(SetMessage(Message("mine")));
  EXPECT_TRUE(absl::IsDeadlineExceeded(result.status())) << result.status();
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("before repeating"));
  EXPECT_EQ(Revision(), 1U);
  Changed();
  EXPECT_EQ(Text(), "mine");
}

TEST_F(ConvergenceTest, BeginsWithNothingWhileTheOthersCantBeHeard) {
  shared_.SetHeard(false);
  ASSERT_TRUE(controller_->Start(Saying("ours")).ok());
  EXPECT_EQ(Revision(), 0U);
  EXPECT_FALSE(controller_->snapshot()->serving());
  EXPECT_TRUE(Fleet().stale());
  EXPECT_THAT(controller_->GetStatus("")->warnings(0), HasSubstr("tried nobody"));
  const Result refused = Run(SetMessage(Message("mine")));
  EXPECT_TRUE(absl::IsUnavailable(refused.status())) << refused.status();
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("tried nobody"));
  shared_.SetHeard(true);
  Changed();
  EXPECT_EQ(Text(), "ours") << "nobody else had begun";
  EXPECT_EQ(shared_.newest()->revision.number(), 1U);
  EXPECT_FALSE(Fleet().stale());
}

TEST_F(ConvergenceTest, BeginsWithItsCopyAndTakesWhatIsNewer) {
  Record copy;
  copy.revision.set_number(4);
  copy.config = Saying("copied");
  shared_.SetHeard(false, copy);
  ASSERT_TRUE(controller_->Start(Saying("given"), "hash of a changed file").ok());
  EXPECT_EQ(Text(), "copied");
  EXPECT_EQ(Revision(), 4U);
  EXPECT_TRUE(controller_->snapshot()->serving());
  EXPECT_TRUE(Fleet().stale());
  Changed();
  EXPECT_TRUE(Fleet().stale()) << "still";
  shared_.OthersRecord(Saying("theirs"));
  shared_.SetHeard(true);
  Changed();
  EXPECT_EQ(Text(), "given") << "the changed file's, which could not be recorded before";
  EXPECT_EQ(Revision(), 2U);
}

TEST_F(ConvergenceTest, GoesOnServingWhenTheOthersAreHeardNoMore) {
  Start(Saying("ours"));
  shared_.SetHeard(false);
  Changed();
  EXPECT_TRUE(Fleet().stale());
  EXPECT_EQ(Text(), "ours");
  EXPECT_TRUE(controller_->snapshot()->serving());
  EXPECT_TRUE(absl::IsUnavailable(Run(SetMessage(Message("mine"))).status()));
  shared_.SetHeard(true);
  Changed();
  EXPECT_FALSE(Fleet().stale());
  EXPECT_TRUE(Run(SetMessage(Message("mine"))).ok());
}

TEST_F(ConvergenceTest, WhatIsToldBeforeTheStartOrAfterTheEndHasNoEffect) {
  controller_->StoreChanged();
  Start(Saying("ours"));
  controller_->Stop();
  controller_->StoreChanged();
  EXPECT_EQ(Text(), "ours");
}

}  // namespace
}  // namespace greeter::control
