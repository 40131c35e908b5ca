// How a worker keeps up with the connections it has just greeted.

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "data_plane/connections.h"

namespace greeter::data_plane {
namespace {

using std::chrono::milliseconds;

class SweepTest : public ::testing::Test {
 protected:
  SweepTest() {
    Service service;
    service.listener = "default";
    service.greeting = Greeting::Compile({"Hello world"}, {}).value();
    service.counts = counts_;
    service.admission = std::make_shared<Admission>();
    use_ = connections_.Adopt(std::make_shared<const Service>(service));
  }

  // One turn of a worker that is never out of clients, each of whom ends at once.
  void Turn(int accepted) {
    for (int i = 0; i < accepted; ++i) {
      std::array<int, 2> ends = {};
      ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
      net::FileDescriptor server(ends[0]);
      const net::FileDescriptor client(ends[1]);
      shutdown(client.get(), SHUT_WR);
      connections_.Greet(std::move(server), use_, nullptr, false, now_);
    }
    connections_.OnTime(now_);
    now_ += kTurn;
  }

  static constexpr milliseconds kTurn{4};

  const net::FileDescriptor epoll_{epoll_create1(EPOLL_CLOEXEC)};
  const std::shared_ptr<ListenerCounts> counts_ = std::make_shared<ListenerCounts>(1);
  Connections connections_{epoll_.get(), 0, nullptr};
  Connections::Use* use_ = nullptr;
  Clock::time_point now_ = Clock::now();
};

// However many come, those who have left are let go as fast: what is open is what came in while
// they waited for their look, and for the sweep, and the turns that the backlog takes to dwindle.
TEST_F(SweepTest, TheGreetedDoNotPileUp) {
  constexpr int kAccepted = 64;
  const auto turns = (Connections::kSweepInterval + Connections::kSweepPause) / kTurn + 2;
  for (int i = 0; i < 200; ++i) {
    ASSERT_NO_FATAL_FAILURE(Turn(kAccepted));
    ASSERT_LE(connections_.open(), static_cast<size_t>(turns * kAccepted)) << "turn " << i;
  }
}

// And a quiet server's clients are all let go in the end.
TEST_F(SweepTest, NobodyIsForgotten) {
  ASSERT_NO_FATAL_FAILURE(Turn(100));
  for (int i = 0; i < 100 && connections_.open() > 0; ++i) {
    now_ = std::max(now_, connections_.next_time());
    connections_.OnTime(now_);
  }
  EXPECT_EQ(connections_.open(), 0u);
  EXPECT_EQ(connections_.next_time(), Clock::time_point::max());
}

}  // namespace
}  // namespace greeter::data_plane
