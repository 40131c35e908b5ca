// What accept(2) may answer, class by class, and what a worker makes of it.

#include <gtest/gtest.h>

#include <cerrno>

#include "engine_fixture.h"
#include "support/failing_accept.h"

namespace greeter::data_plane {
namespace {

using testing::FailingAccept;
using testing::Greet;
using testing::Greeted;
using testing::HowEnded;
using testing::TcpClient;
using testing::WaitFor;

class AcceptErrorsTest : public EngineTest {
 protected:
  AcceptErrorsTest() {
    Engine::Options options = DefaultOptions();
    options.accept = kernel_.Call();
    NewEngine(options);
  }

  // Destroyed after the engine, which TearDown() destroys.
  FailingAccept kernel_;
};

// The errors of one connection: the next one is accepted in the same turn.
TEST_F(AcceptErrorsTest, TheNextOneIsAccepted) {
  Serve({kHello});
  uint64_t failed = 0;
  for (const int error : {EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN,
                          ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH}) {
    kernel_.Fail(error, 3);
    EXPECT_EQ(Greet(Reach()), (Greeted{kHello, HowEnded::kClean})) << error;
    failed += 3;
    EXPECT_TRUE(WaitFor([&] { return kernel_.failed() == failed; })) << error;
  }
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, 11u) << Counts();
  EXPECT_EQ(Counts().accepted, 11u) << Counts();
  EXPECT_EQ(Counts().pauses, 0u);
}

// Promise 10: nothing spins, all recovers by itself. EBADF and EINVAL stand for errors that are
// nobody's to expect.
TEST_F(AcceptErrorsTest, ExhaustionPausesAndRecovers) {
  Serve({kHello});
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EBADF, EINVAL, 9999}) {
    const uint64_t pauses = Counts().pauses;
    const uint64_t failed = kernel_.failed();
    kernel_.Fail(error);
    const absl::Time begin = absl::Now();
    TcpClient client(Reach());
    ASSERT_TRUE(client.connected());
    ASSERT_TRUE(WaitFor([&] { return Counts().pauses >= pauses + 5; })) << error;
    kernel_.Recover();
    // Three whole rests of the worker that has the client; the other one may rest once, if it was
    // still looking for more.
    EXPECT_GE(absl::Now() - begin, absl::Milliseconds(60)) << error;
    EXPECT_EQ(client.ReadToEnd(), HowEnded::kClean) << error;
    EXPECT_EQ(client.bytes(), kHello) << error;
    // One call for each rest.
    EXPECT_EQ(kernel_.failed() - failed, Counts().pauses - pauses) << error;
  }
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, 7u) << Counts();
}

// Promise 10: not even an endless stream of failing connections starves another listener.
TEST_F(AcceptErrorsTest, EndlessLossesStarveNobody) {
  Apply({Listener("broken", At(OwnLoopback())), Listener("sound", At(OwnLoopback()))});
  kernel_.Fail(ECONNABORTED, INT64_MAX, Reach(0).port());
  TcpClient waiting(Reach(0));
  ASSERT_TRUE(waiting.connected());
  ASSERT_TRUE(WaitFor([&] { return Counts(0).pauses >= 3; }));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Greet(Reach(1)), (Greeted{kHello, HowEnded::kClean}));
  }
  const uint64_t failed = kernel_.failed();
  const uint64_t pauses = Counts(0).pauses;
  EXPECT_LE(failed, (pauses + 1) * 64);
  EXPECT_EQ(Counts(1).pauses, 0u);
  kernel_.Recover();
  EXPECT_EQ(waiting.ReadToEnd(), HowEnded::kClean);
}

// A socket that is broken for good keeps no change waiting.
TEST_F(AcceptErrorsTest, ABrokenSocketCanBeClosed) {
  Serve({kHello});
  const net::Address address = Reach();
  kernel_.Fail(EBADF);
  const absl::Time begin = absl::Now();
  Apply({Disabled(Listener("default", address))});
  EXPECT_LT(absl::Now() - begin, absl::Seconds(4));
  EXPECT_GT(kernel_.failed(), 0u);
}

// Promise 5: whoever waits while descriptors are short is served when the listener stops.
TEST_F(AcceptErrorsTest, StoppingWaitsForDescriptors) {
  Serve({kHello});
  const net::Address address = Reach();
  kernel_.Fail(EMFILE, 5);
  std::vector<TcpClient> clients;
  for (int i = 0; i < 20; ++i) clients.emplace_back(address);
  Apply({Disabled(Listener("default", address))});
  for (TcpClient& client : clients) {
    EXPECT_EQ(client.ReadToEnd(), HowEnded::kClean);
    EXPECT_EQ(client.bytes(), kHello);
  }
}

}  // namespace
}  // namespace greeter::data_plane
