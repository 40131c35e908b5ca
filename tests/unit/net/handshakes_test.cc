#include "net/handshakes.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "net/file_descriptor.h"
#include "support/wait_for.h"

namespace greeter::net {
namespace {

Address At(const std::string& text) { return Address::Parse(text).value(); }

// A listener that takes a handshake for complete only when the client has spoken
// (TCP_DEFER_ACCEPT): so the handshakes of silent clients stay under way.
struct PatientListener {
  explicit PatientListener(const Address& address)
      : socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)), bound(address) {
    const int seconds = 30;
    const int v6_only = address.is_dual_stack() ? 0 : 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
    setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only));
    EXPECT_EQ(bind(socket.get(), address.data(), address.size()), 0);
    EXPECT_EQ(listen(socket.get(), 16), 0);
    sockaddr_storage local = {};
    socklen_t length = sizeof(local);
    getsockname(socket.get(), reinterpret_cast<sockaddr*>(&local), &length);
    bound =
        Address::FromSockaddr(reinterpret_cast<sockaddr*>(&local), length, address.is_dual_stack());
  }

  FileDescriptor socket;
  Address bound;
};

FileDescriptor Connect(const Address& address) {
  FileDescriptor fd(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(fd.get(), address.data(), address.size()), 0);
  return fd;
}

int UnderWay(const Address& address) {
  const absl::StatusOr<int> count = HandshakesUnderWay({address});
  EXPECT_TRUE(count.ok()) << count.status();
  return count.value_or(-1);
}

struct Case {
  const char* listen;
  const char* client;
};

class HandshakesTest : public ::testing::TestWithParam<Case> {};

TEST_P(HandshakesTest, AreCountedUntilTheyComplete) {
  const PatientListener listener(At(GetParam().listen));
  const Address to = At(GetParam().client).WithPort(listener.bound.port());
  EXPECT_EQ(UnderWay(listener.bound), 0);
  std::vector<FileDescriptor> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(Connect(to));
  EXPECT_EQ(UnderWay(listener.bound), 3);
  ASSERT_EQ(send(clients[0].get(), "x", 1, MSG_NOSIGNAL), 1);
  EXPECT_TRUE(greeter::testing::WaitFor([&] { return UnderWay(listener.bound) == 2; }));
}

INSTANTIATE_TEST_SUITE_P(EveryStack, HandshakesTest,
                         ::testing::Values(Case{"127.0.0.1:0", "127.0.0.1:0"},
                                           Case{"0.0.0.0:0", "127.0.0.1:0"},
                                           Case{"[::1]:0", "[::1]:0"}, Case{"[::]:0", "[::1]:0"},
                                           Case{":0", "127.0.0.1:0"}, Case{":0", "[::1]:0"}));

TEST(HandshakesElsewhereTest, AreNotCounted) {
  const PatientListener listener(At("127.0.0.1:0"));
  const PatientListener other(At("127.0.0.2:0").WithPort(listener.bound.port()));
  const PatientListener another(At("127.0.0.1:0"));
  const FileDescriptor to_other = Connect(other.bound);
  const FileDescriptor to_another = Connect(another.bound);
  EXPECT_EQ(UnderWay(listener.bound), 0);
  EXPECT_EQ(UnderWay(other.bound), 1);
  EXPECT_EQ(UnderWay(At("unix:/nowhere")), 0);
  EXPECT_EQ(HandshakesUnderWay({listener.bound, other.bound, another.bound}).value_or(-1), 2);
}

TEST(HandshakesElsewhereTest, AWildcardTakesInItsWholePort) {
  const PatientListener listener(At("127.0.0.1:0"));
  const FileDescriptor client = Connect(listener.bound);
  EXPECT_EQ(UnderWay(At("0.0.0.0:0").WithPort(listener.bound.port())), 1);
}

TEST(PacketsInHandTest, ThisKernelTellsWhenTheyAreDone) { EXPECT_TRUE(AwaitPacketsInHand()); }

// Runs in a child process as the user that owns nothing.
void CountAsNobody() {
  if (setgid(65534) != 0 || setuid(65534) != 0) _exit(2);
  const PatientListener listener(At("127.0.0.1:0"));
  const FileDescriptor client = Connect(listener.bound);
  const absl::StatusOr<int> count = HandshakesUnderWay({listener.bound});
  _exit(client.valid() && count.ok() && *count == 1 ? 0 : 3);
}

TEST(HandshakesOfNobodyTest, NeedNoPrivilege) {
  if (geteuid() != 0) GTEST_SKIP() << "this user has no privilege anyway";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(CountAsNobody(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace greeter::net
