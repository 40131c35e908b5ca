#include "net/accept.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

#include "net/address.h"
#include "net/listening_sockets.h"
#include "support/tcp_client.h"
#include "support/wait_for.h"

namespace greeter::net {
namespace {

TEST(AcceptTest, ErrorsByClass) {
  for (const int error : {EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN,
                          ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, ETIMEDOUT}) {
    EXPECT_EQ(ClassifyAcceptError(error), AcceptFailure::kLost) << error;
  }
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    EXPECT_EQ(ClassifyAcceptError(error), AcceptFailure::kExhausted) << error;
  }
  for (const int error : {EBADF, EINVAL, EFAULT, ENOTSOCK, 0, 9999}) {
    EXPECT_EQ(ClassifyAcceptError(error), AcceptFailure::kBroken) << error;
  }
  EXPECT_EQ(ClassifyAcceptError(EAGAIN), AcceptFailure::kEmpty);
}

TEST(AcceptTest, TellsHowManyAreQueued) {
  absl::StatusOr<ListeningSockets> sockets =
      OpenListeningSockets(*Address::Parse("127.0.0.1:0"), ListenOptions{.gate = false});
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  const int listener = sockets->workers[0].get();
  EXPECT_EQ(QueuedConnections(listener), 0);
  std::vector<testing::TcpClient> clients;
  for (int i = 1; i <= 3; ++i) {
    clients.emplace_back(sockets->bound);
    ASSERT_TRUE(clients.back().connected());
    EXPECT_TRUE(testing::WaitFor([&] { return QueuedConnections(listener) == i; }));
  }
  const FileDescriptor accepted(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_EQ(QueuedConnections(listener), 2);
  EXPECT_EQ(QueuedConnections(accepted.get()), std::nullopt);
}

TEST(AcceptTest, AUnixSocketCannotTell) {
  const FileDescriptor unbound(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(QueuedConnections(unbound.get()), std::nullopt);
}

}  // namespace
}  // namespace greeter::net
