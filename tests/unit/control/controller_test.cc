// The controller's life: starting, queueing, observing, stopping.

#include "control/controller.h"

#include <algorithm>
#include <thread>

#include "controller_fixture.h"

namespace greeter::control {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ControllerLifeTest : public ControllerTest {
 protected:
  // Submits without waiting.
  void Submit(Change change, Delivery<Result>& result) {
    controller_->Submit(std::move(change),
                        [&result](Result answer) { result.Deliver(std::move(answer)); });
  }
};

TEST_F(ControllerLifeTest, FirstStartIsRevisionOne) {
  ASSERT_TRUE(controller_->Start(ConfigOf({{"default", ":1"}})).ok());
  EXPECT_THAT(journal_.Entries(), ElementsAre("prepare", "record 1", "activate 1"));
  const auto snapshot = controller_->snapshot();
  EXPECT_EQ(snapshot->revision.author(), "greeterd");
  EXPECT_EQ(snapshot->revision.action(), "first start");
  EXPECT_TRUE(snapshot->config.listeners(0).enabled());
  EXPECT_EQ(snapshot->config.listeners(0).limits().linger_timeout().seconds(), 5);
  EXPECT_TRUE(snapshot->serving());
}

TEST_F(ControllerLifeTest, LaterStartTakesTheStoredConfig) {
  Start();
  ASSERT_TRUE(Run(SetMessage(Message("Moin"))).ok());
  MakeController();
  journal_.Clear();
  ASSERT_TRUE(controller_->Start(ConfigOf({{"other", ":9"}})).ok());
  EXPECT_THAT(journal_.Entries(), ElementsAre("prepare", "activate 2"));
  EXPECT_EQ(Text(), "Moin");
}

TEST_F(ControllerLifeTest, RefusesToStartFromAnInvalidConfig) {
  const absl::Status status = controller_->Start(ConfigOf({{"Default", "bad"}}));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Fields(status), ElementsAre("listeners[0].name", "listeners[0].address"));
  EXPECT_THAT(journal_.Entries(), SizeIs(0));
}

TEST_F(ControllerLifeTest, SaysThatTheStoredConfigIsNoLongerValid) {
  Record record;
  record.revision.set_number(1);
  record.config = ConfigOf({{"default", "bad"}});
  ASSERT_TRUE(store_.Append(record).ok());
  const absl::Status status = controller_->Start(ConfigOf({{"default", ":1"}}));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("revision 1 in the store"), HasSubstr("listeners[0].address"),
                    HasSubstr("new state directory")));
}

TEST_F(ControllerLifeTest, DoesNotStartWithoutItsStore) {
  store_.broken = true;
  EXPECT_EQ(controller_->Start(ConfigOf({{"default", ":1"}})).code(),
            absl::StatusCode::kUnavailable);
}

// Promise 8: of the writers that read the same revision exactly one wins, every time.
TEST_F(ControllerLifeTest, OneOfManyConcurrentWritersWinsEachRevision) {
  Start();
  constexpr int kWriters = 8;
  constexpr int kRounds = 100;
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<int> won = 0;
    std::atomic<int> lost = 0;
    std::vector<std::thread> writers;
    for (int w = 0; w < kWriters; ++w) {
      writers.emplace_back([&, w] {
        api::SetMessageRequest request = Message(absl::StrCat("round ", round, " writer ", w));
        request.mutable_change()->set_expected_revision(static_cast<uint64_t>(round) + 1);
        const Result result = Run(SetMessage(request));
        if (result.ok()) {
          EXPECT_EQ(result->revision.number(), static_cast<uint64_t>(round) + 2);
          ++won;
        } else {
          EXPECT_EQ(result.status().code(), absl::StatusCode::kAborted);
          ++lost;
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
    ASSERT_EQ(won, 1);
    ASSERT_EQ(lost, kWriters - 1);
  }
  EXPECT_EQ(Revision(), kRounds + 1U);
}

TEST_F(ControllerLifeTest, ReadsDoNotWaitForAChange) {
  Start();
  data_plane_.CloseGate();
  Delivery<Result> result;
  Submit(SetMessage(Message("Moin")), result);
  ASSERT_THAT(journal_.Await("prepare", 1), SizeIs(1));
  // The change now stands in Prepare().
  EXPECT_EQ(Text(), "Hello world");
  EXPECT_EQ(Load(std::nullopt)->revision.number(), 1U);
  EXPECT_EQ(Load(1)->config.listeners(0).greeting().text(), "Hello world");
  EXPECT_EQ(controller_->GetStatus("")->revision().number(), 1U);
  EXPECT_EQ(controller_->GetCounts("default")->total().accepted(), 7U);
  data_plane_.OpenGate();
  EXPECT_TRUE(result.Await().ok());
}

TEST_F(ControllerLifeTest, StatusAndCountsCoverAllListenersOrOne) {
  options_.identity = {"id-1", "9.9", absl::FromUnixSeconds(1'700'000'000), {"mind the gap"}};
  MakeController();
  Start(ConfigOf({{"default", ":1"}, {"b", ":2"}}));
  const auto status = controller_->GetStatus("");
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->server_id(), "id-1");
  EXPECT_EQ(status->version(), "9.9");
  EXPECT_EQ(status->start_time().seconds(), 1'700'000'000);
  ASSERT_EQ(status->listeners_size(), 2);
  EXPECT_EQ(status->listeners(1).counts().accepted(), 1U);
  EXPECT_EQ(controller_->GetStatus("b")->listeners_size(), 1);
  const auto counts = controller_->GetCounts("");
  EXPECT_EQ(counts->total().accepted(), 8U);
  EXPECT_EQ(counts->total().completed(), 8U);
  EXPECT_EQ(counts->total().bytes_sent(), 88U);
  EXPECT_EQ(counts->listeners_size(), 2);
}

TEST_F(ControllerLifeTest, EarlierConfigsComeFromTheStore) {
  Start();
  ASSERT_TRUE(Run(SetMessage(Message("Moin"))).ok());
  EXPECT_EQ(Load(1)->config.listeners(0).greeting().text(), "Hello world");
  EXPECT_EQ(Load(2)->config.listeners(0).greeting().text(), "Moin");
  EXPECT_EQ(Load(0).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(Load(3).status().message()),
              AllOf(HasSubstr("no revision 3"), HasSubstr("current one is 2")));
  store_.broken = true;
  EXPECT_EQ(Load(1).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ControllerLifeTest, RemembersTheConfigFileAppliedLast) {
  const api::Config file = ConfigOf({{"default", ":1"}});
  ASSERT_TRUE(controller_->Start(file, "hash-1").ok());
  EXPECT_EQ(store_.Get(1)->file->hash, "hash-1");
  EXPECT_EQ(controller_->snapshot()->file->revision, 1U);

  // A change at run time carries it on.
  ASSERT_TRUE(Run(SetMessage(Message("Moin"))).ok());
  EXPECT_EQ(store_.Get(2)->file->hash, "hash-1");
  EXPECT_EQ(Load(std::nullopt)->file->revision, 1U);

  // Applied again, unchanged: nothing new. A new hash is, even of the same Config.
  for (const auto& [hash, revision] :
       std::vector<std::pair<std::string, uint64_t>>{{"hash-1", 3}, {"hash-1", 3}, {"hash-2", 4}}) {
    Change change = ApplyConfig(Application(file));
    change.file_hash = hash;
    EXPECT_EQ(Run(std::move(change))->revision.number(), revision);
    EXPECT_EQ(controller_->snapshot()->file->hash, hash);
    EXPECT_EQ(controller_->snapshot()->file->revision, revision);
  }
}

TEST_F(ControllerLifeTest, AnotherConfigFileWinsAtStartAndTheSameOneDoesNot) {
  ASSERT_TRUE(controller_->Start(ConfigOf({{"default", ":1"}}), "hash-1").ok());
  ASSERT_TRUE(Run(SetMessage(Message("Moin"))).ok());
  const auto restart = [this](const std::string& address, const std::string& hash) {
    MakeController();
    return controller_->Start(ConfigOf({{"default", address}}), hash);
  };
  ASSERT_TRUE(restart(":2", "hash-1").ok());
  EXPECT_EQ(Text(), "Moin");
  EXPECT_EQ(controller_->snapshot()->revision.number(), 2U);

  EXPECT_EQ(restart("bad:2", "hash-2").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store_.Latest().value()->revision.number(), 2U);

  ASSERT_TRUE(restart(":2", "hash-2").ok());
  EXPECT_EQ(Text(), "Hello world");
  EXPECT_EQ(controller_->snapshot()->config.listeners(0).address(), ":2");
  EXPECT_EQ(controller_->snapshot()->revision.number(), 3U);
  EXPECT_EQ(controller_->snapshot()->file->revision, 3U);
}

// Promise 11: every change is audited.
TEST_F(ControllerLifeTest, EveryDecisionIsTold) {
  std::vector<std::string> told;
  options_.audit = [&told](const Decision& decision) {
    told.push_back(absl::StrCat(decision.action, decision.validate_only ? "?" : "", " ",
                                decision.before, "-", decision.after, " ",
                                absl::StatusCodeToString(decision.outcome)));
    EXPECT_EQ(decision.reason.empty(), decision.outcome == absl::StatusCode::kOk);
  };
  MakeController();
  Start();
  ASSERT_TRUE(Run(SetMessage(Message("Moin"))).ok());
  ASSERT_TRUE(Run(SetMessage(Message("Moin"))).ok());
  api::SetMessageRequest dry = Message("Tach");
  dry.mutable_change()->set_validate_only(true);
  ASSERT_TRUE(Run(SetMessage(dry)).ok());
  api::SetMessageRequest late = Message("Tach");
  late.mutable_change()->set_expected_revision(1);
  ASSERT_FALSE(Run(SetMessage(late)).ok());
  store_.broken = true;
  ASSERT_FALSE(Run(SetMessage(Message("Tach"))).ok());
  controller_->Stop();
  ASSERT_FALSE(Run(SetMessage(Message("Tach"))).ok());
  EXPECT_THAT(told,
              ElementsAre("set message of default 1-2 OK", "set message of default 2-2 OK",
                          "set message of default? 2-2 OK", "set message of default 2-2 ABORTED",
                          "set message of default 2-2 UNAVAILABLE",
                          "set message of default 2-2 UNAVAILABLE"));
}

TEST_F(ControllerLifeTest, ObserversSeeEverySnapshotOnTheControllerThread) {
  std::vector<uint64_t> seen;
  std::set<std::thread::id> threads;
  controller_->Observe([&](const Snapshot& snapshot) {
    seen.push_back(snapshot.revision.number());
    threads.insert(std::this_thread::get_id());
  });
  Start();
  ASSERT_TRUE(Run(SetMessage(Message("Moin"))).ok());
  ASSERT_TRUE(Run(SetMessage(Message("Moin"))).ok());
  controller_->Stop();
  EXPECT_THAT(seen, ElementsAre(1, 2));
  ASSERT_THAT(threads, SizeIs(1));
  EXPECT_NE(*threads.begin(), std::this_thread::get_id());
  EXPECT_THAT(data_plane_.callers(), ElementsAre(*threads.begin()));
}

TEST_F(ControllerLifeTest, StopFinishesTheRunningChangeAndRefusesTheQueued) {
  Start();
  data_plane_.CloseGate();
  Delivery<Result> running;
  Delivery<Result> queued;
  std::thread::id refused_on;
  Submit(SetMessage(Message("Moin")), running);
  ASSERT_THAT(journal_.Await("prepare", 1), SizeIs(1));
  controller_->Submit(SetMessage(Message("Tach")), [&](Result answer) {
    refused_on = std::this_thread::get_id();
    queued.Deliver(std::move(answer));
  });
  std::thread stopper([this] { controller_->Stop(); });
  // Once a new change is refused at once, stopping has begun.
  bool refused = false;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!refused && std::chrono::steady_clock::now() < deadline) {
    auto code = std::make_shared<std::atomic<absl::StatusCode>>(absl::StatusCode::kOk);
    controller_->Submit(SetMessage(Message("Moin")),
                        [code](const Result& result) { *code = result.status().code(); });
    refused = *code == absl::StatusCode::kUnavailable;
    std::this_thread::yield();
  }
  EXPECT_TRUE(refused);
  data_plane_.OpenGate();
  stopper.join();
  EXPECT_TRUE(running.Await().ok());
  EXPECT_EQ(queued.Await().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(data_plane_.callers(), ElementsAre(refused_on));
  EXPECT_EQ(Text(), "Moin");
  EXPECT_EQ(Run(SetMessage(Message("x"))).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Load(7).status().code(), absl::StatusCode::kUnavailable);
  controller_->Stop();
}

TEST_F(ControllerLifeTest, CallbacksMaySubmit) {
  Start();
  Delivery<Result> second;
  controller_->Submit(SetMessage(Message("one")),
                      [&](const Result&) { Submit(SetMessage(Message("two")), second); });
  EXPECT_EQ(second.Await()->revision.number(), 3U);
}

TEST_F(ControllerLifeTest, ChangesRunInTheOrderTheyArrive) {
  Start();
  std::vector<uint64_t> order;
  Delivery<bool> last;
  for (uint64_t i = 1; i <= 100; ++i) {
    controller_->Submit(SetMessage(Message(std::to_string(i))), [&, i](const Result& result) {
      EXPECT_EQ(result->revision.number(), i + 1);
      order.push_back(i);
      if (i == 100) last.Deliver(true);
    });
  }
  last.Await();
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_THAT(order, SizeIs(100));
}

}  // namespace
}  // namespace greeter::control
