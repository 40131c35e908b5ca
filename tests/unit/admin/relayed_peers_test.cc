// Who is behind a connection: as the kernel says, and as gRPC's name for it finds.

#include "admin/relayed_peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "admin/peer_credentials.h"
#include "net/file_descriptor.h"

namespace greeter::admin {
namespace {

using ::testing::IsSupersetOf;

TEST(PeerCredentialsTest, AreThoseOfWhoConnected) {
  std::array<int, 2> ends = {};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const net::FileDescriptor ours(ends[0]);
  const net::FileDescriptor theirs(ends[1]);
  UserNames names;
  const absl::StatusOr<PeerCredentials> peer = ReadPeerCredentials(ours.get(), &names);
  ASSERT_TRUE(peer.ok()) << peer.status();
  EXPECT_EQ(peer->uid, geteuid());
  EXPECT_EQ(peer->gid, getegid());
  EXPECT_EQ(peer->groups.front(), getegid());
  std::vector<gid_t> groups(static_cast<size_t>(getgroups(0, nullptr)));
  ASSERT_GE(getgroups(static_cast<int>(groups.size()), groups.data()), 0);
  EXPECT_THAT(peer->groups, IsSupersetOf(groups));
  EXPECT_EQ(peer->user, names.NameOf(geteuid()));
}

TEST(PeerCredentialsTest, WhatIsNoUnixSocketHasNone) {
  const net::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  UserNames names;
  EXPECT_FALSE(ReadPeerCredentials(socket.get(), &names).ok());
}

TEST(UserNamesTest, KnowsRootAndSaysWhomItDoesNotKnow) {
  UserNames names;
  for (int twice = 0; twice < 2; ++twice) {
    EXPECT_EQ(names.NameOf(0), "root");
    EXPECT_EQ(names.NameOf(3'999'999'999), "uid 3999999999");
  }
}

TEST(RelayedPeersTest, FindsThoseWhoAreConnected) {
  RelayedPeers peers;
  peers.Add("greeter-1", {UnixUser(1, "one", {2}, "unix")});
  peers.Add("greeter-2", {Anyone("127.0.0.1:41234")});
  ASSERT_TRUE(peers.Find("unix-abstract:greeter-1").has_value());
  EXPECT_EQ(peers.Find("unix-abstract:greeter-1")->caller.user, "one");
  EXPECT_EQ(peers.Find(RelayedPeers::PeerOf("greeter-2"))->caller.peer, "127.0.0.1:41234");
  peers.Remove("greeter-1");
  EXPECT_FALSE(peers.Find("unix-abstract:greeter-1").has_value());
  for (const char* other : {"", "unix:", "greeter-2", "ipv4:127.0.0.1:1", "unix:greeter-2"}) {
    EXPECT_FALSE(peers.Find(other).has_value()) << other;
  }
}

}  // namespace
}  // namespace greeter::admin
