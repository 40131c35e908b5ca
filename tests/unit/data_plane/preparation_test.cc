// The two steps of a change: what is prepared and dropped, and what fails between the two.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "change_fixture.h"

namespace greeter::data_plane {
namespace {

using probe::Report;
using testing::Clients;
using testing::Greet;
using testing::Greeted;
using testing::HowEnded;

using PreparationTest = ChangeTest;

TEST_F(PreparationTest, AnAddressThatAnotherListenerKeepsIsInUse) {
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

// Promise 6: a change that is not made leaves nothing behind, on any listener.
TEST_F(PreparationTest, DroppedPreparationLeavesNothing) {
  Serve({kHello});
  const net::Address serving = Reach();
  const net::Address free = [&] {
    net::ListenOptions options;
    return net::OpenListeningSockets(At("127.0.0.1:0"), options)->bound;
  }();
  Clients load(LoadOn({serving, free}));
  ASSERT_TRUE(load.WaitForGreeted(1));
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
  const Report& tally = load.Stop();
  ExpectNobodyHarmed(load);
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, tally.count(probe::Outcome::kGreeted) + 10);
}

// Promise 6: nor does it keep anybody waiting, whoever's address it would take over.
TEST_F(PreparationTest, DroppedPreparationWithinThePortDelaysNobody) {
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
TEST_F(PreparationTest, PreparedUnixSocketRefusesUntilItIsActive) {
  const net::Address path = At(UnixPath("s"));
  Engine::Preparation preparation = engine().Prepare({Listener("file", path)});
  ASSERT_TRUE(preparation.failures().empty());
  EXPECT_EQ(Greet(path).ended, HowEnded::kRefused);
  engine().Activate(std::move(preparation), 1);
  EXPECT_EQ(Greet(path), (Greeted{kHello, HowEnded::kClean}));
}

// Someone else got hold of a part of the address between the two steps of a change.
TEST_F(PreparationTest, SaysThatItCannotListenAfterAll) {
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

}  // namespace
}  // namespace greeter::data_plane
