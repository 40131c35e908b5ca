// One connection at a time: what a client gets, whatever it does itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include "engine_fixture.h"
#include "support/epoll_sets.h"

namespace greeter::data_plane {
namespace {

using testing::ClientOptions;
using testing::Greet;
using testing::Greeted;
using testing::HowEnded;
using testing::TcpClient;
using testing::WaitFor;
using testing::WatchedDescriptors;

using GreetTest = EngineTest;

// Promise 1: exactly these bytes, then a clean end, on every kind of address.
TEST_F(GreetTest, ExactBytesForEveryEnding) {
  const std::pair<Ending, std::string> endings[] = {{Ending::kNone, ""},
                                                    {Ending::kLf, "\n"},
                                                    {Ending::kCrLf, "\r\n"},
                                                    {Ending::kNul, std::string(1, '\0')}};
  for (const std::string& address : {std::string("127.0.0.1:0"), std::string("[::1]:0"),
                                     std::string("[::]:0"), std::string(":0"), UnixPath("a")}) {
    for (const auto& [ending, bytes] : endings) {
      Serve({kHello, ending}, {}, address);
      EXPECT_EQ(Greet(Reach()), (Greeted{kHello + bytes, HowEnded::kClean})) << address;
    }
    Serve({""}, {}, address);
    EXPECT_EQ(Greet(Reach()), (Greeted{"", HowEnded::kClean})) << address;
  }
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, 25u);
}

TEST_F(GreetTest, TemplateTellsOfTheConnection) {
  Serve({"${remote_addr} ${remote_port} ${local_addr} ${local_port} ${connection} ${revision}",
         Ending::kLf, true},
        {}, ":0");
  TcpClient client(Reach());
  ASSERT_TRUE(client.connected());
  sockaddr_storage local = {};
  socklen_t length = sizeof(local);
  getsockname(client.socket().get(), reinterpret_cast<sockaddr*>(&local), &length);
  const uint16_t port =
      net::Address::FromSockaddr(reinterpret_cast<sockaddr*>(&local), length).port();
  EXPECT_EQ(client.ReadToEnd(), HowEnded::kClean);
  EXPECT_EQ(client.bytes(), "127.0.0.1 " + std::to_string(port) + " 127.0.0.1 " +
                                std::to_string(Reach().port()) + " 1 1\n");

  Serve({"${remote_addr} ${remote_port}", Ending::kNone, true}, {}, UnixPath("t"));
  EXPECT_EQ(Greet(Reach()), (Greeted{"unix 0", HowEnded::kClean}));
}

struct Case {
  size_t greeting;
  size_t said;
  bool is_template;

  std::string Name() const {
    return absl::StrCat("Greeting", greeting, "Said", said, is_template ? "Template" : "");
  }
  friend void PrintTo(const Case& test, std::ostream* out) { *out << test.Name(); }
};

// Promise 2: clients that speak get the whole greeting and a clean end.
class SpeakingTest : public EngineTest, public ::testing::WithParamInterface<Case> {
 protected:
  std::string Payload() const { return std::string(GetParam().greeting, 'g'); }
  GreetingSpec Spec() const {
    if (!GetParam().is_template) return {Payload()};
    return {Payload().substr(4) + "${revision}ggg", Ending::kNone, true};
  }
  std::string Expected() const {
    return GetParam().is_template ? Payload().substr(4) + "1ggg" : Payload();
  }
  std::string Said() const { return std::string(GetParam().said, 's'); }
  // Small buffers on both sides, so that a long greeting takes many turns.
  static ClientOptions Slow() { return {.receive_buffer = 2048, .max_segment = 536}; }

  // By the server's kernel; the SYN counts as one.
  static uint64_t BytesAcknowledged(const TcpClient& client) {
    tcp_info info = {};
    socklen_t size = sizeof(info);
    getsockopt(client.socket().get(), IPPROTO_TCP, TCP_INFO, &info, &size);
    return info.tcpi_bytes_acked;
  }

  // Sends what is said from another thread, then half-closes.
  std::thread Speak(const TcpClient& client) const {
    return std::thread([fd = client.socket().get(), said = Said()] {
      size_t sent = 0;
      while (sent < said.size()) {
        const ssize_t result = send(fd, said.data() + sent, said.size() - sent, MSG_NOSIGNAL);
        if (result < 0) return;
        sent += static_cast<size_t>(result);
      }
      shutdown(fd, SHUT_WR);
    });
  }
  void ExpectWhole(TcpClient& client) {
    EXPECT_EQ(client.ReadToEnd(), HowEnded::kClean);
    EXPECT_EQ(client.bytes().size(), Expected().size());
    EXPECT_TRUE(client.bytes() == Expected());
  }
};

TEST_P(SpeakingTest, BeforeItIsGreeted) {
  Serve(Spec(), {.max_connections = 1});
  TcpClient holder(Reach());
  ASSERT_TRUE(holder.Read(1));
  TcpClient client(Reach(), Slow());
  std::thread speaker = Speak(client);
  // The server's kernel has some of what the client said before it is accepted.
  EXPECT_TRUE(WaitFor([&] { return BytesAcknowledged(client) > 1; }));
  EXPECT_EQ(Counts().accepted, 1u);
  holder.ReadToEnd();
  holder.Close();
  ExpectWhole(client);
  speaker.join();
}

TEST_P(SpeakingTest, WhileItIsGreeted) {
  Serve(Spec());
  TcpClient client(Reach(), Slow());
  ASSERT_TRUE(client.Read(1));
  std::thread speaker = Speak(client);
  ExpectWhole(client);
  speaker.join();
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, 1u) << Counts();
}

TEST_P(SpeakingTest, AfterItIsGreeted) {
  Serve(Spec());
  TcpClient client(Reach(), Slow());
  ASSERT_TRUE(client.Read(GetParam().greeting));
  std::thread speaker = Speak(client);
  speaker.join();
  ExpectWhole(client);
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, 1u) << Counts();
}

TEST_P(SpeakingTest, HavingHalfClosedFirst) {
  Serve(Spec());
  TcpClient client(Reach(), Slow());
  client.HalfClose();
  ExpectWhole(client);
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, 1u) << Counts();
}

TEST_P(SpeakingTest, OnAUnixSocket) {
  Serve(Spec(), {}, UnixPath("s"));
  TcpClient client(Reach(), {.receive_buffer = 2048});
  std::thread speaker = Speak(client);
  ExpectWhole(client);
  speaker.join();
}

INSTANTIATE_TEST_SUITE_P(Sizes, SpeakingTest,
                         ::testing::Values(Case{11, 100, false}, Case{11, 1 << 20, false},
                                           Case{65536, 100, false}, Case{65536, 1 << 20, false},
                                           Case{65536, 1 << 20, true}),
                         [](const auto& test) { return test.param.Name(); });

// Promise 2, to its bound: who never stops is cut at the end of the linger time, greeted whole.
TEST_F(GreetTest, EndlessSpeakerIsGreetedThenCut) {
  Serve({kHello}, {.linger_timeout = std::chrono::milliseconds(200)});
  TcpClient client(Reach());
  std::thread speaker([fd = client.socket().get()] {
    const std::string block(65536, 's');
    while (send(fd, block.data(), block.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  EXPECT_TRUE(client.Read(11));
  EXPECT_EQ(client.bytes(), kHello);
  speaker.join();
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().timed_out, 1u) << Counts();
}

TEST_F(GreetTest, WhoNeverReadsIsCutAfterTheWriteTimeout) {
  Serve({std::string(65536, 'g')}, {.write_timeout = std::chrono::milliseconds(200)});
  const TcpClient client(Reach(), {.receive_buffer = 2048, .max_segment = 536});
  EXPECT_TRUE(WaitFor([&] { return Counts().timed_out == 1; })) << Counts();
  EXPECT_EQ(Counts().open, 0u);
  EXPECT_LT(Counts().bytes_sent, 65536u);
}

TEST_F(GreetTest, WhoNeverClosesIsCutAfterTheLingerTimeout) {
  for (const int milliseconds : {0, 200}) {
    Serve({kHello}, {.linger_timeout = std::chrono::milliseconds(milliseconds)});
    const uint64_t before = Counts().timed_out;
    TcpClient client(Reach());
    EXPECT_EQ(client.ReadToEnd(), HowEnded::kClean);
    EXPECT_EQ(client.bytes(), kHello);
    const absl::Time since = absl::Now();
    EXPECT_TRUE(WaitFor([&] { return Counts().timed_out == before + 1; })) << Counts();
    EXPECT_LT(absl::Now() - since, absl::Seconds(2));
  }
}

// Clients that reset, wherever they are on their way: counted as reset, and the books balance.
TEST_F(GreetTest, ResetInTheQueue) {
  Serve({kHello}, {.max_connections = 1});
  TcpClient holder(Reach());
  ASSERT_EQ(holder.ReadToEnd(), HowEnded::kClean);
  TcpClient client(Reach());
  ASSERT_TRUE(client.connected());
  client.Reset();
  holder.Close();
  EXPECT_TRUE(WaitFor([&] { return Counts().reset == 1; })) << Counts();
  EXPECT_TRUE(WaitUntilIdle());
  EXPECT_EQ(Counts().completed, 1u);
}

TEST_F(GreetTest, ResetInTheGreeting) {
  Serve({std::string(65536, 'g')});
  TcpClient client(Reach(), {.receive_buffer = 2048, .max_segment = 536});
  ASSERT_TRUE(client.Read(1));
  client.Reset();
  EXPECT_TRUE(WaitFor([&] { return Counts().reset == 1; })) << Counts();
  EXPECT_EQ(Counts().open, 0u);
}

TEST_F(GreetTest, ResetInTheLinger) {
  Serve({kHello});
  TcpClient fresh(Reach());
  ASSERT_EQ(fresh.ReadToEnd(), HowEnded::kClean);
  fresh.Reset();
  EXPECT_TRUE(WaitFor([&] { return Counts().reset == 1; })) << Counts();
  const size_t watched = WatchedDescriptors();
  TcpClient old(Reach());
  ASSERT_EQ(old.ReadToEnd(), HowEnded::kClean);
  // Past its looks.
  ASSERT_TRUE(WaitFor([&] { return WatchedDescriptors() == watched + 1; }));
  old.Reset();
  EXPECT_TRUE(WaitFor([&] { return Counts().reset == 2; })) << Counts();
  EXPECT_EQ(Counts().open, 0u);
}

}  // namespace
}  // namespace greeter::data_plane
