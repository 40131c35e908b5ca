#include "net/listening_sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "listening_fixture.h"

namespace greeter::net {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string Failure(const Address& address, bool port_is_ours = false) {
  const absl::StatusOr<ListeningSockets> sockets = Listen(address, port_is_ours);
  EXPECT_EQ(sockets.status().code(), absl::StatusCode::kFailedPrecondition);
  return std::string(sockets.status().message());
}

// Someone else's socket, ready to share its port with others of the same user.
FileDescriptor SharingListener(const Address& address) {
  FileDescriptor fd(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int one = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
  EXPECT_EQ(bind(fd.get(), address.data(), address.size()), 0);
  EXPECT_EQ(listen(fd.get(), 1), 0);
  return fd;
}

Address BoundTo(const FileDescriptor& fd) {
  sockaddr_storage local = {};
  socklen_t length = sizeof(local);
  getsockname(fd.get(), reinterpret_cast<sockaddr*>(&local), &length);
  return Address::FromSockaddr(reinterpret_cast<sockaddr*>(&local), length);
}

TEST(ListeningSocketsTest, TellsThePortThatTheKernelChose) {
  const ListeningSockets sockets = MustListen(At("127.0.0.1:0"));
  EXPECT_NE(sockets.bound.port(), 0);
  EXPECT_EQ(sockets.workers.size(), 2u);
}

TEST(ListeningSocketsTest, IsTheOnlyUserOfItsAddress) {
  const FileDescriptor other = SharingListener(At("127.0.0.1:0"));
  const Address taken = BoundTo(other);
  EXPECT_THAT(Failure(taken), AllOf(HasSubstr("can't listen on " + taken.ToString()),
                                    HasSubstr("in use"), HasSubstr("ss -ltnp")));
  EXPECT_THAT(Failure(At(":0").WithPort(taken.port())), HasSubstr("in use"));
  EXPECT_THAT(Failure(At("0.0.0.0:0").WithPort(taken.port())), HasSubstr("in use"));
}

TEST(ListeningSocketsTest, IsNotOpenedTwice) {
  const ListeningSockets sockets = MustListen(At("127.0.0.1:0"));
  EXPECT_THAT(Failure(sockets.bound), HasSubstr("in use"));
}

TEST(ListeningSocketsTest, SharesAPortThatIsOurs) {
  const ListeningSockets all = MustListen(At(":0"));
  const Address loopback = At("127.0.0.1:0").WithPort(all.bound.port());
  EXPECT_THAT(Failure(loopback), HasSubstr("in use"));
  EXPECT_TRUE(Listen(loopback, /*port_is_ours=*/true).ok());
}

TEST(ListeningSocketsTest, ServesBothStacksOrIpv6Alone) {
  ListeningSockets both = MustListen(At(":0"));
  ASSERT_TRUE(both.gate.Open().ok());
  EXPECT_TRUE(Connect(At("127.0.0.1:0").WithPort(both.bound.port())).connected());
  EXPECT_TRUE(Connect(At("[::1]:0").WithPort(both.bound.port())).connected());

  ListeningSockets six = MustListen(At("[::]:0"));
  ASSERT_TRUE(six.gate.Open().ok());
  // That port of IPv4 may be someone else's.
  Connect(At("127.0.0.1:0").WithPort(six.bound.port()));
  EXPECT_FALSE(Arrives(six, 20));
  EXPECT_TRUE(Connect(At("[::1]:0").WithPort(six.bound.port())).connected());
}

TEST(ListeningSocketsTest, SaysThatNoInterfaceHasTheAddress) {
  EXPECT_THAT(Failure(At("192.0.2.1:0")),
              AllOf(HasSubstr("192.0.2.1:0"), HasSubstr("no interface"), HasSubstr("ip address")));
}

// Runs in a child process as the user that owns nothing.
void ListenAsNobody() {
  if (setgid(65534) != 0 || setuid(65534) != 0) _exit(2);
  const absl::StatusOr<ListeningSockets> low = Listen(At("127.0.0.1:81"));
  const absl::StatusOr<ListeningSockets> file = Listen(At("unix:/greeter-test.sock"));
  if (low.ok() || file.ok()) _exit(3);
  const std::string said =
      std::string(low.status().message()) + "\n" + std::string(file.status().message()) + "\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, said.data(), said.size());
  _exit(0);
}

TEST(ListeningSocketsTest, SaysWhichPrivilegeIsMissing) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(ListenAsNobody(), ::testing::ExitedWithCode(0),
              "127.0.0.1:81: Permission denied.*CAP_NET_BIND_SERVICE.*\n.*directory must be "
              "writable by this user");
}

}  // namespace
}  // namespace greeter::net
