// Listening sockets that outlive greeterd, as those of systemd's socket units: restarts lose
// nobody, and all that can be done to a listener can be done to one of these.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "e2e/clients.h"
#include "e2e/greeter_fixture.h"
#include "gmock/gmock.h"
#include "grpcpp/client_context.h"

namespace greeter::testing {
namespace {

using ::testing::HasSubstr;

// Served between one restart or stop and the next.
constexpr uint64_t kBetween = 32;
// New connections a second that wait for nobody, as one does whose SYN was dropped, for a second.
constexpr double kArrivals = 1000;
constexpr int kMostWaiting = 8000;

class InheritedSockets : public GreeterTest {
 protected:
  ~InheritedSockets() override {
    for (const int fd : opened_) close(fd);
  }

  // "127.0.0.1:80" as the kernel has it.
  static sockaddr_in Ipv4(const std::string& address) {
    const std::vector<std::string> parts = absl::StrSplit(address, ':');
    uint32_t port = 0;
    sockaddr_in ipv4 = {};
    ipv4.sin_family = AF_INET;
    EXPECT_EQ(inet_pton(AF_INET, parts.at(0).c_str(), &ipv4.sin_addr), 1);
    EXPECT_TRUE(absl::SimpleAtoi(parts.at(1), &port));
    ipv4.sin_port = htons(static_cast<uint16_t>(port));
    return ipv4;
  }
  // A socket at `address`, which is IPv4.
  int Socket(int type, const std::string& address) {
    const sockaddr_in to = Ipv4(address);
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    opened_.push_back(fd);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0) << address;
    return fd;
  }
  int Listening(const std::string& address) {
    const int fd = Socket(SOCK_STREAM, address);
    EXPECT_EQ(listen(fd, 4096), 0);
    return fd;
  }
  static bool Listens(int fd) {
    int value = 0;
    socklen_t size = sizeof(value);
    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size);
    return value == 1;
  }

  // Waits until so many more have been accepted.
  static void ServeSome(Greeter& greeter) {
    const uint64_t before = greeter.Counts().accepted();
    EXPECT_TRUE(WaitUntil([&] { return greeter.Counts().accepted() >= before + kBetween; }));
  }
  static void ExpectNothingLost(const probe::Report& report) {
    for (const probe::Outcome outcome : {probe::Outcome::kReset, probe::Outcome::kShort,
                                         probe::Outcome::kWrong, probe::Outcome::kOther}) {
      EXPECT_EQ(report.count(outcome), 0u) << report.ToText();
    }
    EXPECT_GT(report.count(probe::Outcome::kGreeted), 100u);
  }

  // Starts greeterd with `descriptor` as its one socket; it is to end by itself, with one line.
  static std::string Refusal(int descriptor) {
    Command command = CommandWithSockets({descriptor}, "web");
    for (const char* argument : {GREETERD, "--state-dir", "none", "--http", "none"}) {
      command.arguments.emplace_back(argument);
    }
    return RefusalOf(command);
  }
  static std::string RefusalOf(const Command& command) {
    const Finished finished = RunProgram(command);
    EXPECT_EQ(finished.code, 1) << finished;
    EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 1) << finished;
    return finished.err;
  }

 private:
  std::vector<int> opened_;
};

// Promise 5, and more: nobody is refused either.
TEST_F(InheritedSockets, RestartsLoseNobody) {
  const std::string address = FreeAddress();
  const int socket = Listening(address);
  Clients clients(SixtyFour({address}));
  for (int restart = 0; restart < 100; ++restart) {
    Greeter& greeter = StartGreeterWithSockets({socket}, "default", {"--listen", address});
    ASSERT_EQ(greeter.address(), address) << greeter.log();
    ServeSome(greeter);
    const Finished finished = greeter.Stop();
    ASSERT_EQ(finished.code, 0) << finished;
    EXPECT_TRUE(Listens(socket));
  }
  StartGreeterWithSockets({socket}, "default", {"--listen", address});
  const probe::Report report = clients.Stop();
  ExpectNothingLost(report);
  EXPECT_EQ(report.count(probe::Outcome::kRefused), 0u) << report.ToText();
}

// Promises 4 and 5.
TEST_F(InheritedSockets, StopRefusesAndStartServes) {
  const std::string address = FreeAddress();
  const int socket = Listening(address);
  Greeter& greeter = StartGreeterWithSockets({socket}, "default", {"--listen", address});
  probe::Options arriving = SixtyFour({address});
  arriving.rate = kArrivals;
  arriving.in_flight = kMostWaiting;
  Clients clients(arriving);
  for (int cycle = 0; cycle < 15; ++cycle) {
    ServeSome(greeter);
    grpc::ClientContext stopping;
    api::StopListeningResponse stopped;
    ASSERT_TRUE(greeter.stub().StopListening(&stopping, {}, &stopped).ok());
    EXPECT_EQ(Greet(address), "refused");
    grpc::ClientContext starting;
    api::StartListeningResponse started;
    ASSERT_TRUE(greeter.stub().StartListening(&starting, {}, &started).ok());
    EXPECT_EQ(Greet(address), "greeted");
  }
  ExpectNothingLost(clients.Stop());
}

// What the last greeterd did to it, however it ended, is over with the next.
TEST_F(InheritedSockets, AStoppedListenersSocketIsGivenBack) {
  const std::string address = FreeAddress();
  const int socket = Listening(address);
  for (const int signal : {SIGTERM, SIGKILL}) {
    Greeter& greeter = StartGreeterWithSockets({socket}, "default", {"--listen", address});
    EXPECT_EQ(Greet(address), "greeted");
    EXPECT_EQ(Ctl({"stop"}).code, 0);
    EXPECT_FALSE(Listens(socket));
    greeter.Stop(signal);
    EXPECT_EQ(Listens(socket), signal == SIGTERM);
  }
  StartGreeterWithSockets({socket}, "default", {"--listen", address});
  EXPECT_EQ(Greet(address), "greeted");
}

TEST_F(InheritedSockets, MovesAwayAndBack) {
  const std::string here = FreeAddress();
  const std::string there = FreeAddress();
  const int socket = Listening(here);
  StartGreeterWithSockets({socket}, "default", {"--listen", here});
  const auto move = [this](const std::string& to) {
    return Ctl({"config", "apply", "-f", "-"},
               absl::StrCat("listeners: [{name: default, address: \"", to,
                            "\", greeting: {text: Hello world}}]"));
  };
  for (int time = 0; time < 2; ++time) {
    Finished moved = move(there);
    ASSERT_EQ(moved.code, 0) << moved;
    EXPECT_EQ(Greet(here), "refused");
    EXPECT_EQ(Greet(there), "greeted");
    moved = move(here);
    ASSERT_EQ(moved.code, 0) << moved;
    EXPECT_EQ(Greet(here), "greeted");
    EXPECT_EQ(Greet(there), "refused");
  }
  // It shares its port with nobody, not even for the time of a move.
  Finished refused = move(absl::StrCat(":", here.substr(here.find(':') + 1)));
  EXPECT_EQ(refused.code, 1) << refused;
  EXPECT_THAT(refused.err, HasSubstr("nothing changed"));
  EXPECT_EQ(Greet(here), "greeted");
}

TEST_F(InheritedSockets, WithoutAListenerItRefusesAndIsWarnedOf) {
  const std::vector<std::string> addresses = {FreeAddress(), FreeAddress(), FreeAddress()};
  const int named = Listening(addresses[0]);
  const int unknown = Listening(addresses[1]);
  Greeter& greeter =
      StartGreeterWithSockets({named, unknown}, "default:guest", {"--listen", addresses[2]});
  EXPECT_TRUE(
      greeter.WaitForLog(absl::StrCat("\"default\" on ", addresses[0],
                                      " refuses: listener \"default\" is at ", addresses[2], ";")));
  EXPECT_TRUE(greeter.WaitForLog(absl::StrCat(
      "\"guest\" on ", addresses[1], " refuses: no listener has its address or its name;")));
  EXPECT_EQ(Greet(addresses[0]), "refused");
  EXPECT_EQ(Greet(addresses[1]), "refused");
  EXPECT_EQ(Greet(addresses[2]), "greeted");
}

TEST_F(InheritedSockets, WhatCannotBeAcceptedOnIsRefusedInOneLine) {
  int ends[2] = {};
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  EXPECT_THAT(Refusal(ends[0]), HasSubstr("descriptor 3, which greeterd was started with as socket "
                                          "\"web\", is no socket; pass listening TCP sockets"));
  close(ends[0]);
  close(ends[1]);
  EXPECT_THAT(Refusal(Socket(SOCK_DGRAM, "127.0.1.1:0")), HasSubstr("is no TCP socket;"));
  const int unbound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_THAT(Refusal(unbound), HasSubstr("does not listen;"));
  const std::string address = FreeAddress();
  Listening(address);
  const sockaddr_in to = Ipv4(address);
  ASSERT_EQ(connect(unbound, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
  EXPECT_THAT(Refusal(unbound), HasSubstr("is a connection;"));
  close(unbound);
}

TEST_F(InheritedSockets, AnEnvironmentThatDoesNotHoldIsRefusedInOneLine) {
  const auto with = [](const std::string& count, const std::string& names) {
    Command command = CommandWithSockets({}, names);
    command.environment["LISTEN_FDS"] = count;
    command.arguments.emplace_back(GREETERD);
    return command;
  };
  EXPECT_THAT(RefusalOf(with("many", "web")),
              HasSubstr("announces sockets that are not there: LISTEN_PID="));
  EXPECT_THAT(RefusalOf(with("-1", "")), HasSubstr("LISTEN_FDS=\"-1\""));
  EXPECT_THAT(RefusalOf(with("40", "web")),
              HasSubstr("LISTEN_FDNAMES=\"web\" (Bad file descriptor)"));
}

}  // namespace
}  // namespace greeter::testing
