// Promise 10: a share of descriptors bounds what clients can hold, by number, and time and bytes
// bound each of them.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "engine_fixture.h"

namespace greeter::data_plane {
namespace {

using testing::ClientOptions;
using testing::HowEnded;
using testing::TcpClient;
using testing::WaitFor;

constexpr uint64_t kMaxSpoken = uint64_t{64} << 20;

class ShareTest : public EngineTest {
 protected:
  // One worker that may hold `share` connections while `addresses` are open.
  void NewEngineWithShare(int share, int addresses = 1) {
    Engine::Options options = DefaultOptions();
    options.workers = 1;
    // The worker has an epoll set and a wakeup, an address a socket and its gate.
    options.descriptors = share + 2 + 2 * addresses;
    NewEngine(options);
  }
  // Who holds a greeting of 64 KiB back.
  static ClientOptions Slow() { return {.receive_buffer = 2048, .max_segment = 536}; }

  // Speaks until it is cut, or far more than it may; gives how much. Never reads.
  static uint64_t SpeakWithoutEnd(const TcpClient& client) {
    const std::string block(65536, 's');
    uint64_t sent = 0;
    while (sent < 4 * kMaxSpoken) {
      const ssize_t result = send(client.socket().get(), block.data(), block.size(), MSG_NOSIGNAL);
      if (result < 0) break;
      sent += static_cast<uint64_t>(result);
    }
    return sent;
  }
};

TEST_F(ShareTest, WhoHasLingeredLongestMakesRoom) {
  NewEngineWithShare(10);
  Serve({kHello}, {.linger_timeout = std::chrono::hours(1)});
  const absl::Time begin = absl::Now();
  std::vector<TcpClient> holders;
  for (int i = 0; i < 35; ++i) {
    holders.emplace_back(Reach());
    ASSERT_EQ(holders.back().ReadToEnd(), HowEnded::kClean) << i;
    ASSERT_EQ(holders.back().bytes(), kHello);
    ASSERT_LE(Counts().open, 10u);
  }
  // Nobody was shed before 100 ms of linger: 25 of 35, ten at a time.
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(300));
  EXPECT_EQ(Counts().timed_out, 25u) << Counts();
  EXPECT_GT(Counts().pauses, 0u);

  // The oldest went: those who came last can still end in good order.
  for (size_t i = 25; i < holders.size(); ++i) holders[i].Close();
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, 10u) << Counts();
}

TEST_F(ShareTest, WhoIsBeingGreetedIsNotShed) {
  NewEngineWithShare(10);
  Serve({std::string(65536, 'g')}, {.write_timeout = std::chrono::hours(1)});
  std::vector<TcpClient> clients;
  for (int i = 0; i < 30; ++i) clients.emplace_back(Reach(), Slow());
  const uint64_t pauses = Counts().pauses;
  EXPECT_TRUE(WaitFor([&] { return Counts().pauses >= pauses + 10; }));
  EXPECT_EQ(Counts().open, 10u) << Counts();
  EXPECT_EQ(Counts().accepted, 10u) << Counts();
  for (TcpClient& client : clients) {
    EXPECT_EQ(client.ReadToEnd(), HowEnded::kClean);
    EXPECT_EQ(client.bytes().size(), 65536u);
    client.Close();
  }
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, 30u) << Counts();
}

// Promise 10: no listener takes all of the share.
TEST_F(ShareTest, AFloodedListenerLeavesOthersTheirPart) {
  NewEngineWithShare(20, 2);
  Apply(
      {Listener("flooded", At(OwnLoopback()), {std::string(65536, 'g')},
                {.write_timeout = std::chrono::hours(1)}),
       Listener("quiet", At(OwnLoopback()), {kHello}, {.linger_timeout = std::chrono::hours(1)})});
  std::vector<TcpClient> stuck;
  for (int i = 0; i < 40; ++i) stuck.emplace_back(Reach(0), Slow());
  EXPECT_TRUE(WaitFor([&] { return Counts(0).pauses > 0; }));
  // A quarter of the share is the quiet one's own.
  EXPECT_EQ(Counts(0).open, 15u);
  std::vector<TcpClient> holders;
  for (int i = 0; i < 5; ++i) {
    holders.emplace_back(Reach(1));
    EXPECT_EQ(holders.back().ReadToEnd(), HowEnded::kClean);
  }
  EXPECT_EQ(Counts(1).open, 5u);
  EXPECT_EQ(Counts(1).pauses, 0u);
  EXPECT_EQ(Counts(0).open, 15u);
}

TEST_F(ShareTest, OneListenerHasAllOfIt) {
  NewEngineWithShare(20);
  Serve({std::string(65536, 'g')}, {.write_timeout = std::chrono::hours(1)});
  std::vector<TcpClient> stuck;
  for (int i = 0; i < 40; ++i) stuck.emplace_back(Reach(), Slow());
  EXPECT_TRUE(WaitFor([&] { return Counts().open == 20; })) << Counts();
}

// Linger is bounded in bytes.
TEST_F(ShareTest, EndlessSpeakerIsCutAfter64Mebibytes) {
  Serve({kHello}, {.linger_timeout = std::chrono::hours(1)});
  TcpClient client(Reach());
  ASSERT_TRUE(client.Read(11));
  const uint64_t sent = SpeakWithoutEnd(client);
  EXPECT_GE(sent, kMaxSpoken);
  EXPECT_LT(sent, 2 * kMaxSpoken);
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().timed_out, 1u) << Counts();
}

TEST_F(ShareTest, EndlessSpeakerThatNeverReadsIsCutAfter64Mebibytes) {
  Serve({std::string(65536, 'g')}, {.write_timeout = std::chrono::hours(1)});
  const TcpClient client(Reach(), Slow());
  const uint64_t sent = SpeakWithoutEnd(client);
  EXPECT_GE(sent, kMaxSpoken);
  EXPECT_LT(sent, 2 * kMaxSpoken);
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().timed_out, 1u) << Counts();
  EXPECT_LT(Counts().bytes_sent, 65536u);
}

}  // namespace
}  // namespace greeter::data_plane
