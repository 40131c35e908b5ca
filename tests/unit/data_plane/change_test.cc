// Changes under load: nobody is harmed, and everybody is counted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <set>
#include <thread>

#include "engine_fixture.h"
#include "net/handshakes.h"
#include "support/far_network.h"

namespace greeter::data_plane {
namespace {

using testing::Greet;
using testing::Greeted;
using testing::HowEnded;
using testing::LoadClients;
using testing::Tally;
using testing::TcpClient;

class ChangeTest : public EngineTest {
 protected:
  // Promise 5. With `accepted` of the server's, promise 9: both sides tell the same.
  static void ExpectNobodyHarmed(const Tally& tally) {
    EXPECT_EQ(tally.harmed(), 0u) << tally;
    EXPECT_GT(tally.greeted, 0u) << tally;
  }
  // How often to do what a test does `normally` times; the tests labelled "long" ask for more.
  static int Cycles(int normally) {
    const char* const factor = std::getenv("GREETER_TEST_FACTOR");
    return factor == nullptr ? normally : normally * std::max(1, std::atoi(factor));
  }
  // Load that does not become rare when addresses close again and again.
  static LoadClients::Options PressOn(std::vector<net::Address> addresses) {
    LoadClients::Options options = LoadOn(std::move(addresses));
    options.patience = absl::Milliseconds(20);
    return options;
  }
};

// Promises 3 and 9: ten thousand connections get one of a hundred messages each, whole; every
// reading meanwhile balances, and at the end both sides have counted the same.
TEST_F(ChangeTest, MessageChangesAHundredTimesUnderLoad) {
  const auto message = [](int number) {
    const auto letter = static_cast<char>('a' + number % 26);
    return std::string(static_cast<size_t>(100 + number * 37), letter);
  };
  std::set<std::string> messages;
  for (int i = 0; i <= 100; ++i) messages.insert(message(i));
  Serve({message(0)}, {}, ":0");
  const net::Address address = At(engine().listeners()[0].bound_address);
  const std::shared_ptr<const ListenerCounts> counts = engine().listeners()[0].counts;

  LoadClients::Options options = LoadOn({Reach()});
  options.connections = 10000;
  options.expected = [&](const std::string& bytes) { return messages.count(bytes) != 0; };
  LoadClients load(options);
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    while (!stop) {
      const CountsReading reading = counts->Read();
      ASSERT_EQ(reading.accepted, reading.open + reading.completed + reading.timed_out +
                                      reading.reset + reading.rejected);
      ASSERT_LE(reading.open, reading.accepted);
    }
  });
  for (int i = 1; i <= 100; ++i) {
    Apply({Listener("default", At(":0"), {message(i)})});
    // Promise 4: the next connection gets it.
    EXPECT_EQ(Greet(Reach()), (Greeted{message(i), HowEnded::kClean})) << i;
  }
  const Tally tally = load.Join();
  stop = true;
  reader.join();
  EXPECT_EQ(tally.greeted, 10000u) << tally;
  EXPECT_EQ(At(engine().listeners()[0].bound_address).ToString(), address.ToString());
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().accepted, 10100u);
  EXPECT_EQ(Counts().completed, 10100u) << Counts();
}

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
  LoadClients load(PressOn({reach}));
  const auto cycles = static_cast<uint64_t>(Cycles(50));
  for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
    ASSERT_TRUE(load.WaitForGreeted(16));
    Apply({Disabled(Listener("default", fixed))});
    EXPECT_EQ(Greet(reach).ended, HowEnded::kRefused) << cycle;
    Apply({Listener("default", fixed)});
    EXPECT_EQ(Greet(reach), (Greeted{kHello, HowEnded::kClean})) << cycle;
  }
  const Tally tally = load.Stop();
  ExpectNobodyHarmed(tally);
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().accepted, tally.greeted + cycles) << tally;
  EXPECT_EQ(Counts().completed, tally.greeted + cycles) << Counts();
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
  LoadClients load(LoadOn({At(ipv4), At(ipv6)}));
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
  const Tally tally = load.Stop();
  (*far)->Leave();
  ExpectNobodyHarmed(tally);
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, tally.greeted) << Counts() << "; " << tally;
}

INSTANTIATE_TEST_SUITE_P(RoundTripMs, FarClientsTest, ::testing::Values(100, 300));

TEST_F(ChangeTest, MovingToAnotherPortAndBack) {
  Serve({kHello});
  const net::Address here = Reach();
  Serve({kHello}, {}, "127.0.0.2:0");
  const net::Address there = Reach();
  LoadClients load(PressOn({here, there}));
  const auto moves = static_cast<uint64_t>(Cycles(50));
  for (uint64_t move = 0; move < moves; ++move) {
    ASSERT_TRUE(load.WaitForGreeted(16));
    for (const net::Address& to : {here, there}) {
      Apply({Listener("default", to)});
      EXPECT_EQ(Greet(to), (Greeted{kHello, HowEnded::kClean}));
    }
    EXPECT_EQ(Greet(here).ended, HowEnded::kRefused);
  }
  const Tally tally = load.Stop();
  ExpectNobodyHarmed(tally);
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, tally.greeted + 2 * moves) << Counts() << "; " << tally;
}

// One port, from all interfaces to one and back: the clients' address is open all the time.
TEST_F(ChangeTest, MovingWithinThePort) {
  for (const auto& [wide, narrow] :
       {std::pair{":0", "127.0.0.1:0"}, std::pair{"0.0.0.0:0", "127.0.0.1:0"},
        std::pair{":0", "0.0.0.0:0"}}) {
    SCOPED_TRACE(wide);
    Serve({kHello}, {}, wide);
    const net::Address reach = Reach();
    LoadClients load(PressOn({reach}));
    const auto moves = static_cast<uint64_t>(Cycles(5));
    for (uint64_t move = 0; move < moves; ++move) {
      ASSERT_TRUE(load.WaitForGreeted(16));
      Apply({Listener("default", At(narrow).WithPort(reach.port()))});
      EXPECT_EQ(Greet(reach), (Greeted{kHello, HowEnded::kClean}));
      Apply({Listener("default", At(wide).WithPort(reach.port()))});
      EXPECT_EQ(Greet(reach), (Greeted{kHello, HowEnded::kClean}));
    }
    const Tally tally = load.Stop();
    ExpectNobodyHarmed(tally);
    EXPECT_EQ(tally.refused, 0u) << tally;
    EXPECT_TRUE(WaitUntilIdle());
    EXPECT_EQ(Counts().completed, tally.greeted + 2 * moves) << Counts();
    Apply({});
  }
}

TEST_F(ChangeTest, ListenersSwapAddresses) {
  Apply(
      {Listener("a", At("127.0.0.1:0"), {"from a"}), Listener("b", At("127.0.0.1:0"), {"from b"})});
  const net::Address one = Reach(0);
  const net::Address two = Reach(1);
  LoadClients::Options options = LoadOn({one, two});
  options.expected = [](const std::string& bytes) {
    return bytes == "from a" || bytes == "from b";
  };
  LoadClients load(options);
  const auto swaps = static_cast<uint64_t>(Cycles(100));
  for (uint64_t swap = 0; swap < swaps; ++swap) {
    ASSERT_TRUE(load.WaitForGreeted(16));
    Apply({Listener("a", two, {"from a"}), Listener("b", one, {"from b"})});
    EXPECT_EQ(Greet(one).bytes, "from b");
    EXPECT_EQ(Greet(two).bytes, "from a");
    Apply({Listener("a", one, {"from a"}), Listener("b", two, {"from b"})});
    EXPECT_EQ(Greet(one).bytes, "from a");
  }
  const Tally tally = load.Stop();
  ExpectNobodyHarmed(tally);
  EXPECT_EQ(tally.refused, 0u) << tally;
  EXPECT_TRUE(WaitUntilIdle(0) && WaitUntilIdle(1));
  EXPECT_EQ(Counts(0).completed + Counts(1).completed, tally.greeted + 3 * swaps);
}

// Who asked for any port, then for the one it got, keeps its sockets.
TEST_F(ChangeTest, AskingForThePortThatWasGiven) {
  for (const char* any : {"127.0.0.1:0", ":0"}) {
    Serve({kHello}, {}, any);
    const net::Address reach = Reach();
    LoadClients load(LoadOn({reach}));
    EXPECT_TRUE(load.WaitForGreeted(100));
    Apply({Listener("default", At(any).WithPort(reach.port()))});
    EXPECT_TRUE(load.WaitForGreeted(100));
    Apply({Listener("default", At(any).WithPort(reach.port()))});
    EXPECT_TRUE(load.WaitForGreeted(100));
    const Tally tally = load.Stop();
    ExpectNobodyHarmed(tally);
    EXPECT_EQ(tally.refused, 0u) << tally;
    Apply({});
  }
}

TEST_F(ChangeTest, AnAddressThatAnotherListenerKeepsIsInUse) {
  Apply({Listener("a", At(":0"))});
  const net::Address taken = At(":0").WithPort(Reach().port());
  for (const net::Address& wanted : {taken, Reach()}) {
    Engine::Preparation preparation =
        engine().Prepare({Listener("a", At(":0")), Listener("b", wanted)});
    ASSERT_EQ(preparation.failures().count("b"), 1u);
    EXPECT_THAT(std::string(preparation.failures().at("b").message()),
                ::testing::HasSubstr("in use"));
  }
  EXPECT_EQ(Greet(Reach()), (Greeted{kHello, HowEnded::kClean}));
}

// Deleted, a listener forgets its counts: they are read once nobody is being greeted any more.
TEST_F(ChangeTest, DeletingAndCreatingAgain) {
  Serve({kHello});
  const net::Address address = Reach();
  const ListenerSpec other = Listener("other", At("127.0.0.1:0"));
  Apply({other, Listener("default", address)});
  const net::Address kept = Reach(0);
  LoadClients load(PressOn({address, kept}));
  std::vector<std::shared_ptr<const ListenerCounts>> deleted;
  const auto times = static_cast<uint64_t>(Cycles(50));
  for (uint64_t i = 0; i < times; ++i) {
    ASSERT_TRUE(load.WaitForGreeted(16));
    deleted.push_back(engine().listeners()[1].counts);
    Apply({other});
    EXPECT_EQ(Greet(address).ended, HowEnded::kRefused);
    EXPECT_EQ(Greet(kept), (Greeted{kHello, HowEnded::kClean}));
    Apply({other, Listener("default", address)});
    EXPECT_EQ(Greet(address), (Greeted{kHello, HowEnded::kClean}));
  }
  const Tally tally = load.Stop();
  ExpectNobodyHarmed(tally);
  EXPECT_TRUE(WaitUntilIdle(0) && WaitUntilIdle(1));
  uint64_t completed = Counts(0).completed + Counts(1).completed;
  for (const auto& counts : deleted) completed += counts->Read().completed;
  EXPECT_EQ(completed, tally.greeted + 2 * times) << tally;
}

// Promise 5: the end of the daemon is one of those that reset nobody.
TEST_F(ChangeTest, ShutdownUnderLoad) {
  for (int round = 0; round < 4; ++round) {
    NewEngine(DefaultOptions());
    Apply({Listener("default", At(":0")), Listener("file", At(UnixPath("s")))});
    const std::shared_ptr<const ListenerCounts> tcp = engine().listeners()[0].counts;
    const std::shared_ptr<const ListenerCounts> file = engine().listeners()[1].counts;
    LoadClients load(LoadOn({Reach(0), Reach(1)}));
    ASSERT_TRUE(load.WaitForGreeted(200));
    engine().Shutdown(absl::Seconds(10));
    const CountsReading first = tcp->Read();
    const CountsReading second = file->Read();
    EXPECT_EQ(first.open + second.open, 0u);
    const Tally tally = load.Stop();
    ExpectNobodyHarmed(tally);
    EXPECT_EQ(first.completed + second.completed, tally.greeted) << first << "; " << second;
  }
}

TEST_F(ChangeTest, ShutdownCutsWhoDoesNotEnd) {
  Serve({kHello});
  TcpClient client(Reach());
  ASSERT_EQ(client.ReadToEnd(), HowEnded::kClean);
  const std::shared_ptr<const ListenerCounts> counts = engine().listeners()[0].counts;
  const absl::Time since = absl::Now();
  engine().Shutdown(absl::Milliseconds(100));
  EXPECT_LT(absl::Now() - since, absl::Seconds(2));
  EXPECT_EQ(counts->Read().timed_out, 1u);
}

TEST_F(ChangeTest, ShutdownWithoutALimitEndsWithTheLastConnection) {
  Serve({kHello});
  TcpClient client(Reach());
  ASSERT_EQ(client.ReadToEnd(), HowEnded::kClean);
  const std::shared_ptr<const ListenerCounts> counts = engine().listeners()[0].counts;
  client.Close();
  engine().Shutdown(absl::InfiniteDuration());
  EXPECT_EQ(counts->Read().completed, 1u);
}

// Promise 6: a change that is not made leaves nothing behind, on any listener.
TEST_F(ChangeTest, DroppedPreparationLeavesNothing) {
  Serve({kHello});
  const net::Address serving = Reach();
  const net::Address free = [&] {
    net::ListenOptions options;
    return net::OpenListeningSockets(At("127.0.0.1:0"), options)->bound;
  }();
  LoadClients load(LoadOn({serving, free}));
  for (int i = 0; i < 10; ++i) {
    const Engine::Preparation preparation = engine().Prepare(
        {Listener("default", free), Listener("file", At(UnixPath("s"))),
         Listener("taken", serving.WithPort(1)), Listener("c", At("192.0.2.1:1"))});
    EXPECT_EQ(preparation.failures().count("c"), 1u);
    EXPECT_EQ(preparation.failures().count("default"), 0u);
    EXPECT_EQ(Greet(serving), (Greeted{kHello, HowEnded::kClean}));
  }
  EXPECT_EQ(Greet(free).ended, HowEnded::kRefused);
  EXPECT_EQ(Greet(At(UnixPath("s"))).ended, HowEnded::kRefused);
  const Tally tally = load.Stop();
  ExpectNobodyHarmed(tally);
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, tally.greeted + 10);
}

// Promise 6: nor does it keep anybody waiting, whoever's address it would take over.
TEST_F(ChangeTest, DroppedPreparationWithinThePortDelaysNobody) {
  for (const char* narrow : {"127.0.0.1:0", "0.0.0.0:0"}) {
    Serve({kHello}, {}, ":0");
    const net::Address wanted = At(narrow).WithPort(Reach().port());
    {
      const Engine::Preparation preparation = engine().Prepare({Listener("default", wanted)});
      ASSERT_TRUE(preparation.failures().empty());
      // A SYN that is dropped is sent again after a second.
      for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(Greet(Reach(), "", {.timeout = absl::Milliseconds(900)}),
                  (Greeted{kHello, HowEnded::kClean}));
      }
    }
    EXPECT_EQ(Greet(Reach()), (Greeted{kHello, HowEnded::kClean}));
    Apply({});
  }
}

// Promise 6: a unix socket that may come to nothing queues nobody.
TEST_F(ChangeTest, PreparedUnixSocketRefusesUntilItIsActive) {
  const net::Address path = At(UnixPath("s"));
  Engine::Preparation preparation = engine().Prepare({Listener("file", path)});
  ASSERT_TRUE(preparation.failures().empty());
  EXPECT_EQ(Greet(path).ended, HowEnded::kRefused);
  engine().Activate(std::move(preparation), 1);
  EXPECT_EQ(Greet(path), (Greeted{kHello, HowEnded::kClean}));
}

// Someone else got hold of a part of the address between the two steps of a change.
TEST_F(ChangeTest, SaysThatItCannotListenAfterAll) {
  Serve({kHello});
  const ListenerSpec wide = Listener("default", At("0.0.0.0:0").WithPort(Reach().port()));
  const net::Address part = At("127.255.0.1:0").WithPort(Reach().port());
  Engine::Preparation preparation = engine().Prepare({wide});
  ASSERT_TRUE(preparation.failures().empty());

  net::FileDescriptor other(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int one = 1;
  setsockopt(other.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  ASSERT_EQ(bind(other.get(), part.data(), part.size()), 0);
  ASSERT_EQ(listen(other.get(), 1), 0);
  engine().Activate(std::move(preparation), 2);
  EXPECT_EQ(engine().listeners()[0].bound_address, "");
  EXPECT_THAT(std::string(engine().listeners()[0].failure.message()),
              ::testing::HasSubstr("in use"));

  other.Close();
  Apply({wide});
  EXPECT_TRUE(engine().listeners()[0].failure.ok());
  EXPECT_EQ(Greet(Reach()), (Greeted{kHello, HowEnded::kClean}));
}

// Where the kernel has no gates, changes work, if not without resets.
TEST_F(ChangeTest, WithoutGates) {
  NewEngine({.workers = 2, .gates = false});
  Serve({kHello});
  const net::Address address = Reach();
  EXPECT_EQ(Greet(address), (Greeted{kHello, HowEnded::kClean}));
  Apply({Disabled(Listener("default", address))});
  EXPECT_EQ(Greet(address).ended, HowEnded::kRefused);
  Apply({Listener("default", address)});
  EXPECT_EQ(Greet(address), (Greeted{kHello, HowEnded::kClean}));
}

}  // namespace
}  // namespace greeter::data_plane
