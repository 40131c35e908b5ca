#include "admin/relay.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "admin/call_budget.h"
#include "admin/relayed_pair.h"
#include "net/file_descriptor.h"
#include "support/http2.h"
#include "support/wait_for.h"

namespace greeter::admin {
namespace {

using testing::WaitFor;

// The two ends that tests hold of what a relay joins. They block, for 10 seconds at most.
struct Ends {
  net::FileDescriptor client;
  net::FileDescriptor server;
};

std::pair<net::FileDescriptor, net::FileDescriptor> SocketPair() {
  std::array<int, 2> ends = {-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const timeval patience = {10, 0};
  setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  return {net::FileDescriptor(ends[0]), net::FileDescriptor(ends[1])};
}

bool Say(const net::FileDescriptor& socket, const std::string& text) {
  return send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(text.size());
}

// What comes, up to `size` bytes or the end.
std::string Hear(const net::FileDescriptor& socket, size_t size) {
  std::string heard(size, 0);
  size_t count = 0;
  while (count < size) {
    const ssize_t got = recv(socket.get(), heard.data() + count, size - count, 0);
    if (got <= 0) break;
    count += static_cast<size_t>(got);
  }
  heard.resize(count);
  return heard;
}

// What has come so far, up to `size` bytes, without taking it.
std::string PeekAt(const net::FileDescriptor& socket, size_t size) {
  std::string heard(size, 0);
  const ssize_t got = recv(socket.get(), heard.data(), size, MSG_PEEK | MSG_DONTWAIT);
  heard.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return heard;
}

// Neither an end nor an error counts as open.
bool HasEnded(const net::FileDescriptor& socket) { return Hear(socket, 1).empty(); }

void HalfClose(const net::FileDescriptor& socket) { shutdown(socket.get(), SHUT_WR); }

// Sends until nothing more fits anywhere on the way, and returns how much that was.
size_t Fill(const net::FileDescriptor& socket) {
  const std::string chunk(4096, 'x');
  size_t sent = 0;
  pollfd room = {socket.get(), POLLOUT, 0};
  // The relay moves on what it can meanwhile.
  while (poll(&room, 1, 100) > 0) {
    const ssize_t count =
        send(socket.get(), chunk.data(), chunk.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) sent += static_cast<size_t>(count);
  }
  return sent;
}

absl::Duration ProcessorTime() {
  rusage used = {};
  getrusage(RUSAGE_SELF, &used);
  return absl::DurationFromTimeval(used.ru_utime) + absl::DurationFromTimeval(used.ru_stime);
}

class RelayTest : public ::testing::Test {
 protected:
  void StartRelay(absl::Duration linger = absl::Seconds(5)) {
    auto relay = Relay::Start({.linger = linger});
    ASSERT_TRUE(relay.ok()) << relay.status();
    relay_ = *std::move(relay);
  }

  Ends Join() { return JoinSaying(""); }
  // With a client that has said `text` before.
  Ends JoinSaying(const std::string& text) {
    auto [client, ours] = SocketPair();
    auto [server, theirs] = SocketPair();
    EXPECT_TRUE(Say(client, text));
    relay_->Add({std::move(ours)}, {std::move(theirs)}, [this] { ++ended_; });
    return {std::move(client), std::move(server)};
  }

  bool WaitForEnded(int count) {
    return WaitFor([this, count] { return ended_ == count; });
  }

  std::atomic<int> ended_ = 0;
  std::unique_ptr<Relay> relay_;
};

TEST_F(RelayTest, CarriesBytesBothWays) {
  StartRelay();
  const Ends ends = Join();
  ASSERT_TRUE(Say(ends.client, "question"));
  EXPECT_EQ(Hear(ends.server, 8), "question");
  ASSERT_TRUE(Say(ends.server, std::string("ans\0wer", 7)));
  EXPECT_EQ(Hear(ends.client, 7), std::string("ans\0wer", 7));
}

TEST_F(RelayTest, ManyMegabytesArriveInOrder) {
  StartRelay();
  const Ends ends = Join();
  std::string much;
  for (int i = 0; much.size() < 8'000'000; ++i) much += std::to_string(i) + ",";
  auto up = std::async(std::launch::async, [&] { return Say(ends.client, much); });
  auto down = std::async(std::launch::async, [&] { return Say(ends.server, much); });
  auto heard = std::async(std::launch::async, [&] { return Hear(ends.server, much.size()); });
  EXPECT_TRUE(Hear(ends.client, much.size()) == much);
  EXPECT_TRUE(heard.get() == much);
  EXPECT_TRUE(up.get());
  EXPECT_TRUE(down.get());
}

TEST_F(RelayTest, AnEndTravelsOneWayAlone) {
  StartRelay();
  const Ends ends = Join();
  ASSERT_TRUE(Say(ends.client, "last words"));
  HalfClose(ends.client);
  EXPECT_EQ(Hear(ends.server, 100), "last words");
  ASSERT_TRUE(Say(ends.server, "answer"));
  EXPECT_EQ(Hear(ends.client, 6), "answer");
  EXPECT_EQ(ended_, 0);
}

TEST_F(RelayTest, EndsWhenTheServersSideDoesAndTheClientHasTheRest) {
  StartRelay();
  Ends ends = Join();
  ASSERT_TRUE(Say(ends.server, "bye"));
  ends.server.Close();
  EXPECT_EQ(Hear(ends.client, 100), "bye");
  EXPECT_TRUE(WaitForEnded(1));
}

TEST_F(RelayTest, AClientThatVanishesIsAnEndForTheServersSide) {
  StartRelay();
  Ends ends = Join();
  ends.client.Close();
  EXPECT_TRUE(HasEnded(ends.server));
  // What it still says goes nowhere, and hinders nobody.
  EXPECT_TRUE(Say(ends.server, std::string(1'000'000, 'x')));
  EXPECT_EQ(ended_, 0);
  ends.server.Close();
  EXPECT_TRUE(WaitForEnded(1));
}

// The sender feels the receiver's pace: what lies in between is bounded.
TEST_F(RelayTest, ASlowReaderHoldsTheSenderBack) {
  StartRelay();
  const Ends ends = Join();
  const size_t sent = Fill(ends.server);
  EXPECT_LT(sent, size_t{2} << 20);
  EXPECT_EQ(Hear(ends.client, sent).size(), sent);
  ASSERT_TRUE(Say(ends.client, "x"));
  EXPECT_EQ(Hear(ends.server, 1), "x");
}

TEST_F(RelayTest, AClientThatReadsNothingIsLeftAfterAWhile) {
  StartRelay(absl::Milliseconds(50));
  Ends ends = Join();
  ASSERT_TRUE(Say(ends.client, "x"));
  ASSERT_EQ(Hear(ends.server, 1), "x");
  Fill(ends.server);
  EXPECT_EQ(ended_, 0);
  ends.server.Close();
  EXPECT_TRUE(WaitForEnded(1));
}

// Nor is a place kept for it.
TEST_F(RelayTest, AClientThatHasLeftIsNotWaitedFor) {
  StartRelay(absl::Hours(1));
  Ends ends = Join();
  HalfClose(ends.client);
  ASSERT_TRUE(HasEnded(ends.server));
  Fill(ends.server);
  EXPECT_EQ(ended_, 0);
  ends.server.Close();
  EXPECT_TRUE(WaitForEnded(1));
}

// When there is no place for more calls, who has waited longest is next.
TEST_F(RelayTest, TurnsComeInTheOrderOfWaiting) {
  constexpr size_t kWaiting = 50;
  StartRelay();
  std::string calls = testing::Http2Preface();
  for (uint32_t stream = 1; stream < 2 * kFewCalls; stream += 2) {
    calls += testing::Http2Call(stream, "/a/B");
  }
  std::vector<Ends> joined;
  // All places are taken, and so are those that are given beyond them at once.
  for (size_t i = 0; i < kMostCalls / kFewCalls; ++i) joined.push_back(JoinSaying(calls));
  for (const Ends& ends : joined) ASSERT_EQ(Hear(ends.server, calls.size()), calls);

  const std::string call = testing::Http2Preface() + testing::Http2Call(1, "/a/B");
  std::vector<Ends> waiting;
  for (size_t i = 0; i < kWaiting; ++i) waiting.push_back(JoinSaying(call));
  std::vector<size_t> order;
  std::vector<bool> served(kWaiting, false);
  EXPECT_TRUE(WaitFor([&] {
    std::vector<size_t> found;
    // The last first: who is before it has been served by then, too.
    for (size_t i = kWaiting; i-- > 0;) {
      const std::string heard = PeekAt(waiting[i].server, call.size());
      if (served[i] || heard.size() < call.size()) continue;
      served[i] = true;
      found.push_back(i);
    }
    order.insert(order.end(), found.rbegin(), found.rend());
    return order.size() == kWaiting;
  }));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

// Of requests that are not whole. Those with less stay.
TEST_F(RelayTest, WhoHasMostLeavesWhenItIsTooMuch) {
  StartRelay();
  const Ends little = Join();
  const Ends most = Join();
  const std::string begin = testing::Http2Preface() + testing::Http2Call(1, "/a/B");
  const std::string piece = testing::Http2Frame(0, 0, 1, std::string(kRelayChunk, 'x'));
  ASSERT_TRUE(Say(little.client, begin + piece));
  ASSERT_TRUE(Say(most.client, begin));
  ASSERT_EQ(Hear(little.server, begin.size() + piece.size()).size(), begin.size() + piece.size());
  ASSERT_EQ(Hear(most.server, begin.size()), begin);
  for (size_t size = 2 * kRelayChunk; size <= kMostUnfinished; size += kRelayChunk) {
    ASSERT_TRUE(Say(most.client, piece));
    ASSERT_EQ(Hear(most.server, piece.size()).size(), piece.size());
  }
  Say(most.client, piece);
  EXPECT_TRUE(HasEnded(most.client));
  // Though it has not all of what came before.
  Hear(most.server, piece.size());
  EXPECT_TRUE(HasEnded(most.server));
  ASSERT_TRUE(Say(little.client, piece));
  EXPECT_EQ(Hear(little.server, piece.size()).size(), piece.size());
}

TEST_F(RelayTest, NothingSpins) {
  StartRelay(absl::Hours(1));
  std::vector<Ends> joined;
  for (int i = 0; i < 6; ++i) joined.push_back(Join());
  // Nobody reads; half closed; gone in the middle of what nobody reads, each way; gone before.
  Fill(joined[0].server);
  Fill(joined[0].client);
  HalfClose(joined[1].client);
  Fill(joined[2].server);
  joined[2].server.Close();
  Fill(joined[3].client);
  joined[3].client.Close();
  Fill(joined[4].server);
  joined[4].client.Close();
  joined[5].client.Close();
  EXPECT_TRUE(HasEnded(joined[1].server));
  EXPECT_TRUE(HasEnded(joined[5].server));
  EXPECT_EQ(ended_, 0);

  const absl::Duration before = ProcessorTime();
  absl::SleepFor(absl::Milliseconds(300));
  EXPECT_LT(ProcessorTime() - before, absl::Milliseconds(100));
}

TEST_F(RelayTest, ManyComeAndGo) {
  StartRelay();
  constexpr int kRounds = 500;
  for (int i = 0; i < kRounds; ++i) {
    Ends ends = Join();
    ASSERT_TRUE(Say(ends.client, "ping"));
    if (i % 3 == 0) ends.client.Close();
    if (i % 3 == 1) ends.server.Close();
  }
  EXPECT_TRUE(WaitForEnded(kRounds));
}

TEST_F(RelayTest, StopGivesClientsTheRest) {
  StartRelay();
  Ends ends = Join();
  const std::string text(300'000, 'x');
  auto heard = std::async(std::launch::async, [&] { return Hear(ends.client, 2 * text.size()); });
  ASSERT_TRUE(Say(ends.server, text));
  ends.server.Close();
  relay_->Stop(absl::Seconds(10));
  EXPECT_EQ(ended_, 1);
  EXPECT_EQ(heard.get().size(), text.size());
}

TEST_F(RelayTest, StopDuringTrafficEndsInTime) {
  StartRelay();
  std::vector<Ends> joined;
  for (int i = 0; i < 4; ++i) joined.push_back(Join());
  std::vector<std::thread> talkers;
  talkers.reserve(joined.size());
  for (const Ends& ends : joined) {
    talkers.emplace_back([&ends] {
      while (Say(ends.client, std::string(10'000, 'x')) && Hear(ends.server, 10'000) != "") {
      }
    });
  }
  const absl::Time begin = absl::Now();
  relay_->Stop(absl::Milliseconds(50));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
  EXPECT_EQ(ended_, 4);
  for (std::thread& talker : talkers) talker.join();
}

TEST_F(RelayTest, WhatIsAddedJustBeforeStopEndsToo) {
  StartRelay();
  for (int i = 0; i < 10; ++i) Join();
  relay_.reset();
  EXPECT_EQ(ended_, 10);
}

}  // namespace
}  // namespace greeter::admin
