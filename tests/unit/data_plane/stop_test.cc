// Stopping and shutting down under load: nobody is harmed, and everybody is counted.

#include <gtest/gtest.h>

#include "change_fixture.h"
#include "net/handshakes.h"
#include "support/far_network.h"

namespace greeter::data_plane {
namespace {

using probe::Report;
using testing::Clients;
using testing::Greet;
using testing::Greeted;
using testing::HowEnded;
using testing::TcpClient;

class StopStartTest : public ChangeTest, public ::testing::WithParamInterface<const char*> {
 protected:
  std::string Address() const {
    return GetParam() == std::string("unix") ? UnixPath("s") : GetParam();
  }
};

// Promises 4, 5 and 9: 200 times over all stacks (1,000 in the long form), each client is greeted
// whole or refused, and refused alone while it is stopped; the clients' tally equals the counts.
TEST_P(StopStartTest, ResetsNobody) {
  Serve({kHello}, {}, Address());
  const net::Address reach = Reach();
  const net::Address fixed = reach.is_unix() ? reach : At(Address()).WithPort(reach.port());
  Clients load(PressOn({reach}));
  const auto cycles = static_cast<uint64_t>(Cycles(50));
  for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
    ASSERT_TRUE(load.WaitForGreeted(16));
    Apply({Disabled(Listener("default", fixed))});
    EXPECT_EQ(Greet(reach).ended, HowEnded::kRefused) << cycle;
    Apply({Listener("default", fixed)});
    EXPECT_EQ(Greet(reach), (Greeted{kHello, HowEnded::kClean})) << cycle;
  }
  const Report& tally = load.Stop();
  ExpectNobodyHarmed(load);
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().accepted, tally.count(probe::Outcome::kGreeted) + cycles) << tally;
  EXPECT_EQ(Counts().completed, tally.count(probe::Outcome::kGreeted) + cycles) << Counts();
}

INSTANTIATE_TEST_SUITE_P(EveryStack, StopStartTest,
                         ::testing::Values("127.0.0.1:0", "[::1]:0", ":0", "unix"));

// Promise 5, for clients that are far away: at any time some of them have had their SYN answered,
// and the ACK that makes a connection of it is still on its way.
class FarClientsTest : public ChangeTest, public ::testing::WithParamInterface<int> {};

TEST_P(FarClientsTest, AreNotReset) {
  const absl::Duration round_trip = absl::Milliseconds(GetParam());
  const absl::StatusOr<std::unique_ptr<testing::FarNetwork>> far =
      testing::FarNetwork::Create(round_trip);
  if (!far.ok()) GTEST_SKIP() << "no network of our own: " << far.status().message();
  (*far)->EnterServerSide();
  Serve({kHello}, {}, ":0");
  const uint16_t port = At(engine().listeners()[0].bound_address).port();
  const net::Address fixed = At(":0").WithPort(port);
  const std::string ipv6 = absl::StrCat("[", testing::FarNetwork::kServerIpv6, "]:", port);
  const std::string ipv4 = absl::StrCat(testing::FarNetwork::kServerIpv4, ":", port);

  (*far)->EnterClientSide();
  Clients load(LoadOn({At(ipv4), At(ipv6)}));
  (*far)->EnterServerSide();
  for (int cycle = 0; cycle < 5; ++cycle) {
    ASSERT_TRUE(load.WaitForGreeted(50));
    // As soon as a handshake is under way.
    ASSERT_TRUE(testing::WaitFor([&] { return net::HandshakesUnderWay({fixed}).value_or(0) > 0; }));
    const absl::Time since = absl::Now();
    Apply({Disabled(Listener("default", fixed))});
    EXPECT_LT(absl::Now() - since, round_trip + absl::Milliseconds(500));
    Apply({Listener("default", fixed)});
  }
  const Report& tally = load.Stop();
  (*far)->Leave();
  ExpectNobodyHarmed(load);
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, tally.count(probe::Outcome::kGreeted)) << Counts() << "; " << tally;
}

INSTANTIATE_TEST_SUITE_P(RoundTripMs, FarClientsTest, ::testing::Values(100, 300));

using ShutdownTest = ChangeTest;

// Promise 5: the end of the daemon is one of those that reset nobody.
TEST_F(ShutdownTest, UnderLoad) {
  for (int round = 0; round < 4; ++round) {
    NewEngine(DefaultOptions());
    Apply({Listener("default", At(":0")), Listener("file", At(UnixPath("s")))});
    const std::shared_ptr<const ListenerCounts> tcp = engine().listeners()[0].counts;
    const std::shared_ptr<const ListenerCounts> file = engine().listeners()[1].counts;
    Clients load(LoadOn({Reach(0), Reach(1)}));
    ASSERT_TRUE(load.WaitForGreeted(200));
    engine().Shutdown(absl::Seconds(10));
    const CountsReading first = tcp->Read();
    const CountsReading second = file->Read();
    EXPECT_EQ(first.open + second.open, 0u);
    const Report& tally = load.Stop();
    ExpectNobodyHarmed(load);
    EXPECT_EQ(first.completed + second.completed, tally.count(probe::Outcome::kGreeted))
        << first << "; " << second;
  }
}

TEST_F(ShutdownTest, CutsWhoDoesNotEnd) {
  Serve({kHello});
  TcpClient client(Reach());
  ASSERT_EQ(client.ReadToEnd(), HowEnded::kClean);
  const std::shared_ptr<const ListenerCounts> counts = engine().listeners()[0].counts;
  const absl::Time since = absl::Now();
  engine().Shutdown(absl::Milliseconds(100));
  EXPECT_LT(absl::Now() - since, absl::Seconds(2));
  EXPECT_EQ(counts->Read().timed_out, 1u);
}

TEST_F(ShutdownTest, WithoutALimitEndsWithTheLastConnection) {
  Serve({kHello});
  TcpClient client(Reach());
  ASSERT_EQ(client.ReadToEnd(), HowEnded::kClean);
  const std::shared_ptr<const ListenerCounts> counts = engine().listeners()[0].counts;
  client.Close();
  engine().Shutdown(absl::InfiniteDuration());
  EXPECT_EQ(counts->Read().completed, 1u);
}

}  // namespace
}  // namespace greeter::data_plane
