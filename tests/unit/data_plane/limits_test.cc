// Limits on connections, and on descriptors.

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include "engine_fixture.h"

namespace greeter::data_plane {
namespace {

using testing::Greet;
using testing::Greeted;
using testing::HowEnded;
using testing::TcpClient;
using testing::WaitFor;

constexpr uint32_t kLimit = 4;
constexpr int kClients = 16;
constexpr int kTurns = 10;

class LimitTest : public EngineTest {
 protected:
  // Each client holds its connection for a while after it was greeted.
  void RunClients() {
    const net::Address address = Reach();
    std::vector<std::thread> threads;
    for (int i = 0; i < kClients; ++i) {
      threads.emplace_back([this, address] {
        for (int turn = 0; turn < kTurns; ++turn) OneClient(address);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  std::atomic<uint32_t> holding_ = 0;
  std::atomic<uint32_t> most_ = 0;
  std::atomic<uint64_t> greeted_ = 0;
  std::atomic<uint64_t> turned_away_ = 0;
  std::atomic<uint64_t> others_ = 0;

 private:
  void OneClient(const net::Address& address) {
    TcpClient client(address);
    client.ReadToEnd();
    if (client.bytes() == kHello && client.ended() == HowEnded::kClean) {
      const uint32_t holding = ++holding_;
      uint32_t most = most_;
      while (most < holding && !most_.compare_exchange_weak(most, holding)) {
      }
      absl::SleepFor(absl::Milliseconds(2));
      --holding_;
      ++greeted_;
    } else if (client.bytes().empty() && client.ended() == HowEnded::kClean) {
      ++turned_away_;
    } else {
      ++others_;
    }
  }
};

TEST_F(LimitTest, OthersWaitAndAllAreServed) {
  Serve({kHello}, {.max_connections = kLimit});
  RunClients();
  EXPECT_EQ(greeted_, uint64_t{kClients * kTurns});
  EXPECT_LE(most_, kLimit);
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, uint64_t{kClients * kTurns}) << Counts();
}

TEST_F(LimitTest, OthersWaitOnAUnixSocketToo) {
  Serve({kHello}, {.max_connections = kLimit}, UnixPath("s"));
  RunClients();
  EXPECT_EQ(greeted_, uint64_t{kClients * kTurns});
  EXPECT_LE(most_, kLimit);
}

TEST_F(LimitTest, OthersAreRejected) {
  Serve({kHello}, {.max_connections = kLimit, .overflow = Overflow::kReject});
  RunClients();
  EXPECT_EQ(others_, 0u);
  EXPECT_GT(turned_away_, 0u);
  EXPECT_GE(greeted_, kLimit);
  EXPECT_LE(most_, kLimit);
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().rejected, turned_away_);
  EXPECT_EQ(Counts().completed, greeted_);
}

TEST_F(LimitTest, ANewLimitIsForThoseWhoWait) {
  Serve({kHello}, {.max_connections = 1});
  const net::Address address = Reach();
  TcpClient holder(address);
  ASSERT_EQ(holder.ReadToEnd(), HowEnded::kClean);
  TcpClient waiting(address);
  ASSERT_TRUE(waiting.connected());
  Serve({kHello}, {.max_connections = 2});
  EXPECT_EQ(waiting.ReadToEnd(), HowEnded::kClean);
  EXPECT_EQ(waiting.bytes(), kHello);
}

// Rates are bounded from above by the clock; from below by all being served in the end.
TEST_F(LimitTest, TooFastWaitsAndAllAreServed) {
  const absl::Time begin = absl::Now();
  Serve({kHello}, {.accept_rate = 200, .accept_burst = 10});
  RunClients();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  EXPECT_EQ(greeted_, uint64_t{kClients * kTurns});
  EXPECT_LE(kClients * kTurns, 10 + 200 * seconds + 1);
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, uint64_t{kClients * kTurns}) << Counts();
  EXPECT_EQ(Counts().rejected, 0u) << Counts();
  // To wait for a limit is no want of descriptors.
  EXPECT_EQ(Counts().pauses, 0u);
}

TEST_F(LimitTest, TooFastIsRejected) {
  const absl::Time begin = absl::Now();
  Serve({kHello}, {.accept_rate = 20, .accept_burst = 10, .overflow = Overflow::kReject});
  RunClients();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  EXPECT_EQ(others_, 0u);
  EXPECT_GE(greeted_, 10u);
  EXPECT_LE(static_cast<double>(greeted_), 10 + 20 * seconds + 1);
  EXPECT_EQ(greeted_ + turned_away_, uint64_t{kClients * kTurns});
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().rejected, turned_away_) << Counts();
  EXPECT_EQ(Counts().completed, greeted_) << Counts();
}

// Promise 5: those who wait for a place when the listener stops are served.
TEST_F(LimitTest, StoppingServesThoseWhoWait) {
  Serve({kHello}, {.max_connections = 1});
  const net::Address address = Reach();
  std::vector<TcpClient> clients;
  for (int i = 0; i < 20; ++i) clients.emplace_back(address);
  Apply({Disabled(Listener("default", address))});
  for (TcpClient& client : clients) {
    EXPECT_EQ(client.ReadToEnd(), HowEnded::kClean);
    EXPECT_EQ(client.bytes(), kHello);
  }
}

double ProcessorSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return absl::ToDoubleSeconds(absl::DurationFromTimeval(usage.ru_utime) +
                               absl::DurationFromTimeval(usage.ru_stime));
}

// Ends this process, with its reason, if `condition` does not hold.
void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  _exit(1);
}

// The clients' process: holds 200 connections until told to let go, then greets.
[[noreturn]] void HoldConnections(int pipe) {
  uint16_t port = 0;
  Require(read(pipe, &port, sizeof(port)) == sizeof(port), "the port comes");
  const net::Address address = net::Address::Parse("127.0.0.1:0")->WithPort(port);
  {
    std::vector<TcpClient> clients;
    for (int i = 0; i < 200; ++i) clients.emplace_back(address);
    for (const TcpClient& client : clients) Require(client.connected(), "all connect");
    char byte = 'c';
    Require(write(pipe, &byte, 1) == 1, "telling of the connections");
    Require(read(pipe, &byte, 1) == 1, "the word to let go");
    clients.clear();
  }
  for (int i = 0; i < 20; ++i) {
    Require(Greet(address, "", {.timeout = absl::Seconds(20)}) == Greeted{kHello, HowEnded::kClean},
            "greeted after the pressure");
  }
  _exit(0);
}

// Runs in a process of its own.
void StartWithoutDescriptors() {
  // UBSan looks at the type of a worker's thread through a pipe, once: not when there are no
  // descriptors for it.
  Require(Engine::Start({.workers = 1}).ok(), "an engine");
  const rlimit few = {8, 8};
  Require(setrlimit(RLIMIT_NOFILE, &few) == 0, "setrlimit");
  const absl::StatusOr<std::unique_ptr<Engine>> engine = Engine::Start({.workers = 8});
  Require(!engine.ok(), "no engine");
  std::cerr << engine.status().message();
  _exit(0);
}

TEST(StartTest, SaysThatAWorkerCannotStart) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(StartWithoutDescriptors(), ::testing::ExitedWithCode(0),
              "can't start worker .*ulimit -n.*--workers.*Too many open files");
}

// Runs in a process of its own, which has few descriptors.
void RunOutOfDescriptors() {
  int ends[2];
  Require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
  const pid_t child = fork();
  if (child == 0) HoldConnections(ends[1]);
  const rlimit few = {48, 48};
  Require(setrlimit(RLIMIT_NOFILE, &few) == 0, "setrlimit");

  const std::unique_ptr<Engine> started = Engine::Start({.workers = 2}).value();
  Engine& engine = *started;
  const Greeting greeting = Greeting::Compile({kHello}, {}).value();
  Limits limits;
  limits.linger_timeout = std::chrono::seconds(60);
  engine.Activate(
      engine.Prepare({{"default", *net::Address::Parse("127.0.0.1:0"), true, greeting, limits}}),
      1);
  const ListenerCounts& counts = *engine.listeners()[0].counts;
  const uint16_t port = net::Address::Parse(engine.listeners()[0].bound_address)->port();
  Require(write(ends[0], &port, sizeof(port)) == sizeof(port), "telling the port");
  char byte = 0;
  Require(read(ends[0], &byte, 1) == 1, "the connections come");
  Require(WaitFor([] {
            const int fd = dup(STDERR_FILENO);
            if (fd >= 0) close(fd);
            return fd < 0;
          }),
          "no descriptor is left");
  Require(counts.Read().open > 10 && counts.Read().open < 48, "some are served");

  // Promise 10: nothing spins. A worker that spun would take all of a processor.
  const double before = ProcessorSeconds();
  poll(nullptr, 0, 500);
  Require(ProcessorSeconds() - before < 0.1, "the workers rest");

  Require(write(ends[0], &byte, 1) == 1, "letting go");
  int status = -1;
  Require(waitpid(child, &status, 0) == child && status == 0, "the clients are content");
  Require(WaitFor([&] { return counts.Read().open == 0; }), "all have ended");
  const CountsReading reading = counts.Read();
  Require(reading.accepted == 220, "all are counted");
  Require(reading.timed_out + reading.rejected == 0, "none timed out");
  _exit(0);
}

TEST(DescriptorsTest, RunningOutPausesAndRecovers) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(RunOutOfDescriptors(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace greeter::data_plane
