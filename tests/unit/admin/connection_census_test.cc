#include "admin/connection_census.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "net/file_descriptor.h"

namespace greeter::admin {
namespace {

net::FileDescriptor NewSocket() {
  return net::FileDescriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

TEST(ConnectionCensusTest, CountsWhatIsStillOpen) {
  ConnectionCensus census(3);
  std::vector<net::FileDescriptor> sockets;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(census.Full());
    sockets.push_back(NewSocket());
    census.Add(sockets.back().get());
  }
  EXPECT_TRUE(census.Full());
  sockets[1].Close();
  EXPECT_FALSE(census.Full());
}

TEST(ConnectionCensusTest, ADescriptorUsedAgainIsAnothers) {
  ConnectionCensus census(1);
  net::FileDescriptor counted = NewSocket();
  const int number = counted.get();
  census.Add(number);
  counted.Close();
  const net::FileDescriptor other = NewSocket();
  ASSERT_EQ(other.get(), number);
  EXPECT_FALSE(census.Full());
}

TEST(ConnectionCensusTest, NorIsOneThatIsNoSocketAnyMore) {
  ConnectionCensus census(1);
  net::FileDescriptor counted = NewSocket();
  census.Add(counted.get());
  counted.Close();
  std::array<int, 2> ends = {};
  ASSERT_EQ(pipe(ends.data()), 0);
  const net::FileDescriptor in(ends[0]);
  const net::FileDescriptor out(ends[1]);
  EXPECT_FALSE(census.Full());
}

std::pair<net::FileDescriptor, net::FileDescriptor> NewPair() {
  std::array<int, 2> ends = {-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {net::FileDescriptor(ends[0]), net::FileDescriptor(ends[1])};
}

// Clients that have sent their end of stream have left, whether or not we have noticed.
TEST(ConnectionCensusTest, KnowsWhenAClientHasLeft) {
  const auto [ours, theirs] = NewPair();
  ConnectionCensus census(1);
  census.Add(ours.get());
  EXPECT_TRUE(census.Full());
  EXPECT_FALSE(census.AnyLeaving(absl::Now()));
  ASSERT_EQ(shutdown(theirs.get(), SHUT_WR), 0);
  EXPECT_TRUE(census.Full());
  EXPECT_TRUE(census.AnyLeaving(absl::Now()));
}

TEST(ConnectionCensusTest, WhatHangsIsNotWaitedFor) {
  const auto [ours, theirs] = NewPair();
  ConnectionCensus census(1);
  census.Add(ours.get());
  ASSERT_EQ(shutdown(theirs.get(), SHUT_WR), 0);
  EXPECT_TRUE(census.Full());
  EXPECT_TRUE(census.AnyLeaving(absl::Now() + kLeaving / 2));
  EXPECT_FALSE(census.AnyLeaving(absl::Now() + kLeaving));
  // To look again is not to see it for the first time.
  EXPECT_TRUE(census.Full());
  EXPECT_FALSE(census.AnyLeaving(absl::Now() + kLeaving));
}

// Whichever is closed first, the other keeps the place; without its client it is being left.
TEST(ConnectionCensusTest, WhatIsServedSharesThePlaceOfItsClient) {
  for (const bool client_first : {false, true}) {
    auto [client, other_end] = NewPair();
    const auto [another, its_other_end] = NewPair();
    net::FileDescriptor served = NewSocket();
    ConnectionCensus census(2);
    census.Add(client.get());
    census.Add(another.get());
    census.AddServed(client.get(), served.get());
    (client_first ? client : served).Close();
    EXPECT_TRUE(census.Full());
    EXPECT_EQ(census.AnyLeaving(absl::Now()), client_first);
    (client_first ? served : client).Close();
    EXPECT_FALSE(census.Full());
  }
}

// All unix sockets are one peer.
TEST(ConnectionCensusTest, WhatAPeerHasLeftCountsForHalf) {
  ConnectionCensus census(100, 2);
  std::vector<std::pair<net::FileDescriptor, net::FileDescriptor>> pairs;
  const auto add = [&] {
    pairs.push_back(NewPair());
    census.Add(pairs.back().first.get());
  };
  const net::FileDescriptor next = NewSocket();
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(census.FullFor(next.get()));
    add();
  }
  EXPECT_TRUE(census.FullFor(next.get()));
  for (int i = 0; i < 2; ++i) {
    pairs[static_cast<size_t>(i)].second.Close();
    EXPECT_FALSE(census.FullFor(next.get()));
    add();
    EXPECT_TRUE(census.FullFor(next.get()));
  }
  // Two are open, and two are left.
  pairs.back().second.Close();
  EXPECT_TRUE(census.FullFor(next.get()));
  pairs.back().first.Close();
  EXPECT_FALSE(census.FullFor(next.get()));
}

}  // namespace
}  // namespace greeter::admin
