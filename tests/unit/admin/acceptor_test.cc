// Who is let in when all places are taken.

#include "admin/acceptor.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "net/address.h"
#include "net/file_descriptor.h"
#include "net/listening_sockets.h"
#include "support/wait_for.h"

namespace greeter::admin {
namespace {

using testing::WaitFor;

// An acceptor with one place. What it hands over is kept, as gRPC would; a socket stands for each
// client's, which is kept elsewhere, as a relay would.
class AcceptorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto sockets = net::OpenListeningSockets(*net::Address::Parse("127.0.0.1:0"),
                                             {.workers = 1, .backlog = 8, .gate = false});
    ASSERT_TRUE(sockets.ok()) << sockets.status();
    address_ = sockets->bound;
    listener_ = sockets->workers.front().Release();
    auto acceptor = Acceptor::Start(listener_.get(), &census_, {},
                                    [this](net::FileDescriptor client, bool own) {
                                      EXPECT_FALSE(own);
                                      Serve(std::move(client));
                                    });
    ASSERT_TRUE(acceptor.ok()) << acceptor.status();
    acceptor_ = *std::move(acceptor);
  }

  void TearDown() override { acceptor_.reset(); }

  void Serve(net::FileDescriptor client) {
    std::array<int, 2> ends = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    net::FileDescriptor ours(ends[0]);
    census_.AddServed(client.get(), ends[1]);
    const std::lock_guard lock(mutex_);
    relayed_.emplace_back(std::move(client), std::move(ours));
    served_.emplace_back(ends[1]);
  }

  net::FileDescriptor Connect() const {
    net::FileDescriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(fd.get(), address_.data(), address_.size()), 0);
    return fd;
  }

  bool WaitForServed(size_t count) {
    return WaitFor([this, count] {
      const std::lock_guard lock(mutex_);
      return served_.size() == count;
    });
  }

  // Whether the server closes `client` within a time that is long for it.
  static bool IsTurnedAway(const net::FileDescriptor& client, int milliseconds) {
    pollfd closed = {client.get(), POLLIN, 0};
    return poll(&closed, 1, milliseconds) > 0;
  }

  // The relay's part of the first connection, and gRPC's.
  void CloseClientsEnd() {
    const std::lock_guard lock(mutex_);
    relayed_.front().first.Close();
  }
  void CloseServedEnd() {
    const std::lock_guard lock(mutex_);
    served_.front().Close();
  }

  net::Address address_ = *net::Address::Parse("127.0.0.1:0");
  net::FileDescriptor listener_;
  ConnectionCensus census_{1};
  std::unique_ptr<Acceptor> acceptor_;

 private:
  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<std::pair<net::FileDescriptor, net::FileDescriptor>> relayed_;
  std::vector<net::FileDescriptor> served_;
};

TEST_F(AcceptorTest, WhoComesWhileNobodyLeavesIsTurnedAway) {
  const net::FileDescriptor first = Connect();
  ASSERT_TRUE(WaitForServed(1));
  EXPECT_TRUE(IsTurnedAway(Connect(), 10'000));
}

TEST_F(AcceptorTest, WhoComesWhileSomeoneLeavesWaitsForThePlace) {
  net::FileDescriptor first = Connect();
  ASSERT_TRUE(WaitForServed(1));
  first.Close();
  // The kernel may be a moment behind, and take in the second's connection before.
  ASSERT_TRUE(WaitFor([this] { return census_.Full() && census_.AnyLeaving(absl::Now()); }));
  const net::FileDescriptor second = Connect();
  EXPECT_FALSE(IsTurnedAway(second, 400));
  // The place is taken until both are closed.
  CloseClientsEnd();
  EXPECT_FALSE(IsTurnedAway(second, 100));
  CloseServedEnd();
  EXPECT_TRUE(WaitForServed(2));
  EXPECT_FALSE(IsTurnedAway(second, 0));
}

}  // namespace
}  // namespace greeter::admin
