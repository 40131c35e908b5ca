// What can happen while a worker is in the middle of accepting: held there, it makes rare orders of
// events certain.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <chrono>
#include <vector>

#include "engine_fixture.h"
#include "support/epoll_sets.h"
#include "support/held_accept.h"

namespace greeter::data_plane {
namespace {

using testing::HeldAccept;
using testing::HowEnded;
using testing::TcpClient;
using testing::WaitFor;
using testing::WatchedDescriptors;

class HeldWorkerTest : public EngineTest {
 protected:
  void TearDown() override {
    kernel_.Release();
    EngineTest::TearDown();
  }

  // By the client's kernel (TCP_INFO, tcp(7)).
  static std::chrono::milliseconds SinceGreeted(const TcpClient& client) {
    tcp_info info = {};
    socklen_t size = sizeof(info);
    getsockopt(client.socket().get(), IPPROTO_TCP, TCP_INFO, &info, &size);
    return std::chrono::milliseconds(info.tcpi_last_data_recv);
  }

  void NewHeldEngine(Engine::Options options) {
    options.accept = kernel_.Call();
    NewEngine(options);
  }

  // Destroyed after the engine, which is destroyed in TearDown().
  HeldAccept kernel_;
};

// One epoll_wait(2) reports a client who waits to be accepted, and then what the longest lingering
// connection has said, which is ended to make room for that client.
TEST_F(HeldWorkerTest, WhatAConnectionSaidBeforeItMadeRoomIsNotListenedTo) {
  constexpr size_t kShare = 10;
  // The worker has an epoll set and a wakeup, the address a socket and its gate.
  NewHeldEngine({.workers = 1, .descriptors = kShare + 4});
  Serve({kHello}, {.linger_timeout = std::chrono::hours(1)});
  std::vector<TcpClient> clients;
  const size_t watched = WatchedDescriptors();
  for (size_t i = 0; i < kShare - 1; ++i) {
    clients.emplace_back(Reach());
    ASSERT_EQ(clients.back().ReadToEnd(), HowEnded::kClean);
  }
  // Those are in epoll, and of an age to be shed.
  ASSERT_TRUE(WaitFor([&] { return WatchedDescriptors() == watched + kShare - 1; }));
  ASSERT_TRUE(WaitFor([&] { return SinceGreeted(clients.back()) > Connections::kLeastLinger; }));

  kernel_.HoldNext(HeldAccept::When::kAccepted);
  clients.emplace_back(Reach());
  ASSERT_TRUE(kernel_.WaitUntilHeld());
  clients.emplace_back(Reach());
  ASSERT_TRUE(clients.back().connected());
  ASSERT_EQ(send(clients.front().socket().get(), "here", 4, MSG_NOSIGNAL), 4);
  kernel_.Release();

  for (TcpClient& client : clients) {
    EXPECT_EQ(client.ReadToEnd(), HowEnded::kClean);
    EXPECT_EQ(client.bytes(), kHello);
  }
  EXPECT_EQ(Counts().timed_out, 1u) << Counts();
  clients.clear();
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().accepted, kShare + 1) << Counts();
  EXPECT_EQ(Counts().timed_out, 1u) << Counts();
}

// A worker that looks for one more client, and finds none, has kept no place from others meanwhile.
TEST_F(HeldWorkerTest, APlaceIsTakenForNobody) {
  constexpr uint64_t kClients = 32;
  NewHeldEngine({.workers = 2});
  // Where the worker can't ask how many are queued.
  Serve({kHello}, {.max_connections = 2, .overflow = Overflow::kReject}, UnixPath("held"));
  kernel_.HoldNext(HeldAccept::When::kEmpty);
  TcpClient first(Reach());
  ASSERT_EQ(first.ReadToEnd(), HowEnded::kClean);
  ASSERT_EQ(first.bytes(), kHello);
  ASSERT_TRUE(kernel_.WaitUntilHeld());

  // All come to the other worker. One place is free.
  std::vector<TcpClient> others;
  for (uint64_t i = 0; i < kClients; ++i) others.emplace_back(Reach());
  EXPECT_TRUE(WaitFor([&] { return Counts().open == 2; })) << Counts();
  kernel_.Release();
  uint64_t greeted = 0;
  for (TcpClient& client : others) {
    EXPECT_EQ(client.ReadToEnd(), HowEnded::kClean);
    if (client.bytes() == kHello) ++greeted;
  }
  EXPECT_EQ(greeted, 1u);
  EXPECT_EQ(Counts().rejected, kClients - 1) << Counts();
}

}  // namespace
}  // namespace greeter::data_plane
