// Promise 10: always reachable. Whatever clients do to greeterd's data port, and with as few as 128
// descriptors, operators are answered, nothing spins, and all recovers by itself.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "greeterd_process.h"
#include "support/tcp_client.h"
#include "support/wait_for.h"

namespace greeter::testing {
namespace {

constexpr int kDescriptors = 128;
constexpr int kClients = 2000;
constexpr absl::Duration kPatience = absl::Seconds(60);

// What sanitizers make of a second, and of a hundredth of the processor.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kSlower = 5;
#else
constexpr double kSlower = 1;
#endif

bool Balanced(const api::ConnectionCounts& counts) {
  return counts.accepted() == counts.open() + counts.completed() + counts.timed_out() +
                                  counts.reset() + counts.rejected();
}

// An operator who asks for the status again and again, over new connections and an old one in
// turns.
class Operator {
 public:
  explicit Operator(const GreeterdProcess& greeterd)
      : greeterd_(greeterd), thread_([this] { Run(); }) {}
  ~Operator() { Finish(); }

  // Stops; gives the longest wait for an answer, InfiniteDuration() if there was none.
  absl::Duration Finish() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    EXPECT_GT(asked_, 0);
    return longest_;
  }

 private:
  void Run() {
    const auto old = greeterd_.NewStub();
    while (!stopping_) {
      longest_ = std::max(longest_, GreeterdProcess::Ask(*old));
      longest_ = std::max(longest_, GreeterdProcess::Ask(*greeterd_.NewStub()));
      ++asked_;
      absl::SleepFor(absl::Milliseconds(100));
    }
  }

  const GreeterdProcess& greeterd_;
  // Owned by the thread until it has ended.
  absl::Duration longest_ = absl::ZeroDuration();
  int asked_ = 0;

  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

class StarvationTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(greeterd_.running()); }

  // Opens connections that stay open; each is complete for its client.
  void HoldConnections(const ClientOptions& options = {}) {
    for (int i = 0; i < kClients; ++i) held_.emplace_back(greeterd_.address(), options);
    for (const TcpClient& client : held_) ASSERT_TRUE(client.connected());
  }

  // The share of one processor that is used until `happened`.
  template <typename Predicate>
  double LoadUntil(Predicate happened) {
    const absl::Duration before = greeterd_.Used();
    const absl::Time begin = absl::Now();
    EXPECT_TRUE(Happens(happened));
    const double load = absl::FDivDuration(greeterd_.Used() - before, absl::Now() - begin);
    RecordProperty("percent_of_a_processor", std::to_string(100 * load));
    return load;
  }

  // Asks rarely: every question costs the server something.
  template <typename Predicate>
  static bool Happens(Predicate happened) {
    const absl::Time deadline = absl::Now() + kPatience;
    while (!happened()) {
      if (absl::Now() > deadline) return false;
      absl::SleepFor(absl::Milliseconds(50));
    }
    return true;
  }

  // Lets go of all, and sees that service is back within a second.
  void ReleaseAndGreet(size_t greeting) {
    held_.clear();
    const absl::Time released = absl::Now();
    for (int i = 0; i < 50; ++i) {
      const Greeted greeted = Greet(greeterd_.address());
      ASSERT_EQ(greeted.ended, HowEnded::kClean);
      ASSERT_EQ(greeted.bytes.size(), greeting);
    }
    EXPECT_LT(absl::Now() - released, kSlower * absl::Seconds(1));
    EXPECT_TRUE(Happens([&] { return greeterd_.Counts().open() == 0; }));
  }

  GreeterdProcess greeterd_{kDescriptors};
  std::vector<TcpClient> held_;
};

// 2,000 clients are greeted and then hold on.
TEST_F(StarvationTest, HeldConnections) {
  Operator watching(greeterd_);
  HoldConnections();
  ASSERT_TRUE(Happens([&] { return greeterd_.Counts().pauses() > 0; }));
  EXPECT_LE(greeterd_.OpenDescriptors(), kDescriptors - 16);
  EXPECT_TRUE(Balanced(greeterd_.Counts()));
  ReleaseAndGreet(11);
  EXPECT_LT(watching.Finish(), kSlower * absl::Seconds(1));
  const api::ConnectionCounts counts = greeterd_.Counts();
  EXPECT_EQ(counts.accepted(), kClients + 50u);
  EXPECT_EQ(counts.rejected(), 0u);
  EXPECT_TRUE(Balanced(counts));
  EXPECT_EQ(greeterd_.Stop(), 0);
}

// Though nobody lets go, everybody is greeted, for whoever has lingered longest makes room.
TEST_F(StarvationTest, HeldConnectionsAreServedInTheEnd) {
  HoldConnections();
  ASSERT_TRUE(Happens([&] { return greeterd_.Counts().pauses() > 0; }));
  const double load = LoadUntil([&] { return greeterd_.Counts().accepted() == kClients; });
  // The cost of 2,000 greetings in some seconds included.
  EXPECT_LT(load, 0.05 * kSlower * 2);
  for (TcpClient& client : held_) {
    ASSERT_EQ(client.ReadToEnd(), HowEnded::kClean);
    ASSERT_EQ(client.bytes(), "Hello world");
  }
}

// 2,000 clients never read their 64 KiB: all descriptors are taken for as long as they like, up to
// write_timeout.
TEST_F(StarvationTest, ClientsThatNeverRead) {
  greeterd_.SetMessage(std::string(65536, 'g'));
  HoldConnections({.receive_buffer = 2048, .max_segment = 536});
  ASSERT_TRUE(Happens([&] { return greeterd_.Counts().pauses() > 0; }));
  const uint64_t pauses = greeterd_.Counts().pauses();
  const uint64_t accepted = greeterd_.Counts().accepted();
  // Some two seconds.
  const double load = LoadUntil([&] { return greeterd_.Counts().pauses() >= pauses + 200; });
  EXPECT_LT(load, 0.05 * kSlower);
  EXPECT_EQ(greeterd_.Counts().accepted(), accepted);

  Operator watching(greeterd_);
  ASSERT_TRUE(Happens([&] { return greeterd_.Counts().pauses() >= pauses + 300; }));
  EXPECT_LT(watching.Finish(), kSlower * absl::Seconds(1));
  EXPECT_LE(greeterd_.OpenDescriptors(), kDescriptors - 16);
  ReleaseAndGreet(65536);
  EXPECT_TRUE(Balanced(greeterd_.Counts()));
}

TEST_F(StarvationTest, FloodOfConnectionsThatAreReset) {
  Operator watching(greeterd_);
  std::vector<std::thread> flood;
  for (int i = 0; i < 4; ++i) {
    flood.emplace_back([this] {
      for (int turn = 0; turn < 2500; ++turn) {
        TcpClient client(greeterd_.address());
        EXPECT_TRUE(client.connected());
        client.Reset();
      }
    });
  }
  for (std::thread& thread : flood) thread.join();
  ReleaseAndGreet(11);
  EXPECT_LT(watching.Finish(), kSlower * absl::Seconds(1));
  const api::ConnectionCounts counts = greeterd_.Counts();
  EXPECT_TRUE(Balanced(counts));
  EXPECT_EQ(counts.accepted(), 10'000u + 50u);
  EXPECT_EQ(counts.timed_out() + counts.rejected(), 0u);
}

// As many operators at once as so few descriptors allow (three for each), while the data port is
// held.
TEST_F(StarvationTest, ManyOperators) {
  HoldConnections({.receive_buffer = 2048, .max_segment = 536});
  ASSERT_TRUE(Happens([&] { return greeterd_.Counts().pauses() > 0; }));
  std::vector<std::unique_ptr<api::GreeterAdminService::Stub>> operators;
  for (int i = 0; i < 8; ++i) operators.push_back(greeterd_.NewStub());
  std::atomic<int> late = 0;
  std::vector<std::thread> threads;
  for (const auto& stub : operators) {
    threads.emplace_back([&late, &stub] {
      for (int i = 0; i < 50; ++i) {
        if (GreeterdProcess::Ask(*stub) > kSlower * absl::Seconds(1)) ++late;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(late, 0);
  EXPECT_LE(greeterd_.OpenDescriptors(), kDescriptors - 8);
}

// Nor can connections to the admin port take what the data plane or the operator has.
TEST_F(StarvationTest, FloodOfTheAdminPort) {
  // Connects before the others.
  EXPECT_EQ(greeterd_.Counts().accepted(), 0u);
  {
    std::vector<TcpClient> flood;
    for (int i = 0; i < 300; ++i) flood.emplace_back(greeterd_.admin());
    // The newest is turned away without a word.
    flood.back().ReadToEnd();
    EXPECT_EQ(flood.back().bytes(), "");
    HoldConnections();
    ASSERT_TRUE(Happens([&] { return greeterd_.Counts().pauses() > 0; }));
    EXPECT_LE(greeterd_.OpenDescriptors(), kDescriptors - 8);
    ReleaseAndGreet(11);
  }
  EXPECT_TRUE(Happens(
      [&] { return GreeterdProcess::Ask(*greeterd_.NewStub()) < absl::InfiniteDuration(); }));
}

}  // namespace
}  // namespace greeter::testing
