// Changes under load: nobody is harmed, and everybody is counted.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "change_fixture.h"

namespace greeter::data_plane {
namespace {

using probe::Report;
using testing::Clients;
using testing::Greet;
using testing::Greeted;
using testing::HowEnded;

// Promises 3 and 9: ten thousand connections get one of a hundred messages each, whole; every
// reading meanwhile balances, and at the end both sides have counted the same.
TEST_F(ChangeTest, MessageChangesAHundredTimesUnderLoad) {
  const auto message = [](int number) {
    const auto letter = static_cast<char>('a' + number % 26);
    return std::string(static_cast<size_t>(100 + number * 37), letter);
  };
  std::vector<std::string> messages;
  for (int i = 0; i <= 100; ++i) messages.push_back(message(i));
  Serve({message(0)}, {}, ":0");
  const net::Address address = At(engine().listeners()[0].bound_address);
  const std::shared_ptr<const ListenerCounts> counts = engine().listeners()[0].counts;

  probe::Options options = LoadOn({Reach()});
  options.connections = 10000;
  options.expected = probe::Expected::OneOf(messages);
  Clients load(options);
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
  const Report& tally = load.Join();
  stop = true;
  reader.join();
  EXPECT_EQ(tally.count(probe::Outcome::kGreeted), 10000u) << tally;
  EXPECT_EQ(At(engine().listeners()[0].bound_address).ToString(), address.ToString());
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().accepted, 10100u);
  EXPECT_EQ(Counts().completed, 10100u) << Counts();
}

TEST_F(ChangeTest, MovingToAnotherPortAndBack) {
  Serve({kHello});
  const net::Address here = Reach();
  Serve({kHello}, {}, "127.0.0.2:0");
  const net::Address there = Reach();
  Clients load(PressOn({here, there}));
  const auto moves = static_cast<uint64_t>(Cycles(50));
  for (uint64_t move = 0; move < moves; ++move) {
    ASSERT_TRUE(load.WaitForGreeted(16));
    for (const net::Address& to : {here, there}) {
      Apply({Listener("default", to)});
      EXPECT_EQ(Greet(to), (Greeted{kHello, HowEnded::kClean}));
    }
    EXPECT_EQ(Greet(here).ended, HowEnded::kRefused);
  }
  const Report& tally = load.Stop();
  ExpectNobodyHarmed(load);
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, tally.count(probe::Outcome::kGreeted) + 2 * moves)
      << Counts() << "; " << tally;
}

// One port, from all interfaces to one and back: the clients' address is open all the time.
TEST_F(ChangeTest, MovingWithinThePort) {
  for (const auto& [wide, narrow] :
       {std::pair{":0", "127.0.0.1:0"}, std::pair{"0.0.0.0:0", "127.0.0.1:0"},
        std::pair{":0", "0.0.0.0:0"}}) {
    SCOPED_TRACE(wide);
    Serve({kHello}, {}, wide);
    const net::Address reach = Reach();
    Clients load(PressOn({reach}));
    const auto moves = static_cast<uint64_t>(Cycles(5));
    for (uint64_t move = 0; move < moves; ++move) {
      ASSERT_TRUE(load.WaitForGreeted(16));
      Apply({Listener("default", At(narrow).WithPort(reach.port()))});
      EXPECT_EQ(Greet(reach), (Greeted{kHello, HowEnded::kClean}));
      Apply({Listener("default", At(wide).WithPort(reach.port()))});
      EXPECT_EQ(Greet(reach), (Greeted{kHello, HowEnded::kClean}));
    }
    const Report& tally = load.Stop();
    ExpectNobodyHarmed(load);
    EXPECT_EQ(tally.count(probe::Outcome::kRefused), 0u) << tally;
    EXPECT_TRUE(WaitUntilIdle());
    EXPECT_EQ(Counts().completed, tally.count(probe::Outcome::kGreeted) + 2 * moves) << Counts();
    Apply({});
  }
}

TEST_F(ChangeTest, ListenersSwapAddresses) {
  Apply(
      {Listener("a", At("127.0.0.1:0"), {"from a"}), Listener("b", At("127.0.0.1:0"), {"from b"})});
  const net::Address one = Reach(0);
  const net::Address two = Reach(1);
  probe::Options options = LoadOn({one, two});
  options.expected = probe::Expected::OneOf({"from a", "from b"});
  Clients load(options);
  const auto swaps = static_cast<uint64_t>(Cycles(100));
  for (uint64_t swap = 0; swap < swaps; ++swap) {
    ASSERT_TRUE(load.WaitForGreeted(16));
    Apply({Listener("a", two, {"from a"}), Listener("b", one, {"from b"})});
    EXPECT_EQ(Greet(one).bytes, "from b");
    EXPECT_EQ(Greet(two).bytes, "from a");
    Apply({Listener("a", one, {"from a"}), Listener("b", two, {"from b"})});
    EXPECT_EQ(Greet(one).bytes, "from a");
  }
  const Report& tally = load.Stop();
  ExpectNobodyHarmed(load);
  EXPECT_EQ(tally.count(probe::Outcome::kRefused), 0u) << tally;
  EXPECT_TRUE(WaitUntilIdle(0) && WaitUntilIdle(1));
  EXPECT_EQ(Counts(0).completed + Counts(1).completed,
            tally.count(probe::Outcome::kGreeted) + 3 * swaps);
}

// Who asked for any port, then for the one it got, keeps its sockets.
TEST_F(ChangeTest, AskingForThePortThatWasGiven) {
  for (const char* any : {"127.0.0.1:0", ":0"}) {
    Serve({kHello}, {}, any);
    const net::Address reach = Reach();
    Clients load(LoadOn({reach}));
    EXPECT_TRUE(load.WaitForGreeted(100));
    Apply({Listener("default", At(any).WithPort(reach.port()))});
    EXPECT_TRUE(load.WaitForGreeted(100));
    Apply({Listener("default", At(any).WithPort(reach.port()))});
    EXPECT_TRUE(load.WaitForGreeted(100));
    const Report& tally = load.Stop();
    ExpectNobodyHarmed(load);
    EXPECT_EQ(tally.count(probe::Outcome::kRefused), 0u) << tally;
    Apply({});
  }
}

// Deleted, a listener forgets its counts: they are read once nobody is being greeted any more.
TEST_F(ChangeTest, DeletingAndCreatingAgain) {
  Serve({kHello});
  const net::Address address = Reach();
  const ListenerSpec other = Listener("other", At("127.0.0.1:0"));
  Apply({other, Listener("default", address)});
  const net::Address kept = Reach(0);
  Clients load(PressOn({address, kept}));
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
  const Report& tally = load.Stop();
  ExpectNobodyHarmed(load);
  EXPECT_TRUE(WaitUntilIdle(0) && WaitUntilIdle(1));
  uint64_t completed = Counts(0).completed + Counts(1).completed;
  for (const auto& counts : deleted) completed += counts->Read().completed;
  EXPECT_EQ(completed, tally.count(probe::Outcome::kGreeted) + 2 * times) << tally;
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
