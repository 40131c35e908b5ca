#include "admin/connection_census.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <vector>

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

// Clients that have sent their end of stream have left, whether or not we have noticed.
TEST(ConnectionCensusTest, KnowsWhenAClientHasLeft) {
  std::array<int, 2> ends = {};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const net::FileDescriptor ours(ends[0]);
  const net::FileDescriptor theirs(ends[1]);
  ConnectionCensus census(1);
  EXPECT_FALSE(census.AnyLeft());
  census.Add(ours.get());
  EXPECT_FALSE(census.AnyLeft());
  ASSERT_EQ(shutdown(theirs.get(), SHUT_WR), 0);
  EXPECT_TRUE(census.AnyLeft());
  EXPECT_TRUE(census.Full());
}

}  // namespace
}  // namespace greeter::admin
