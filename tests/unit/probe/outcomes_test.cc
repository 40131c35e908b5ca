// One connection for each thing that may become of it, and what is told of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "known_server.h"
#include "probe/generator.h"
#include "probe/sockets.h"

namespace greeter::probe {
namespace {

using ::testing::HasSubstr;

// Listens with a queue that is full: the kernel drops whoever tries to connect (listen(2)).
class FullServer {
 public:
  FullServer() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const net::Address any = net::Address::Parse("127.0.0.1:0").value();
    sockaddr_storage bound = {};
    socklen_t size = sizeof(bound);
    EXPECT_EQ(bind(fd_.get(), any.data(), any.size()), 0);
    EXPECT_EQ(listen(fd_.get(), 0), 0);
    EXPECT_EQ(getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&bound), &size), 0);
    address_ = net::Address::FromSockaddr(reinterpret_cast<sockaddr*>(&bound), size);
    queued_ = net::FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(queued_.get(), address_->data(), address_->size()), 0);
  }

  const net::Address& address() const { return *address_; }

 private:
  net::FileDescriptor fd_;
  net::FileDescriptor queued_;
  std::optional<net::Address> address_;
};

// The same, on a unix socket.
class FullUnixServer {
 public:
  FullUnixServer() {
    EXPECT_EQ(bind(fd_.get(), address_.data(), address_.size()), 0);
    EXPECT_EQ(listen(fd_.get(), 0), 0);
    EXPECT_EQ(connect(queued_.get(), address_.data(), address_.size()), 0);
  }
  ~FullUnixServer() { unlink(path_.c_str()); }
  FullUnixServer(const FullUnixServer&) = delete;
  FullUnixServer& operator=(const FullUnixServer&) = delete;

  const net::Address& address() const { return address_; }

 private:
  const std::string path_ = absl::StrCat(::testing::TempDir(), "full.", getpid());
  const net::Address address_ = net::Address::Parse("unix:" + path_).value();
  const net::FileDescriptor fd_{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const net::FileDescriptor queued_{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

net::Address Refusing() {
  const Server server(Saying(""));
  return server.target().addresses[0];
}

// An Ending that outlives its connection.
struct Told {
  Outcome outcome;
  int error;
  std::string address;
  std::string tried_before;
  absl::Duration connect, first_byte, total;
  std::string bytes;
};

Told ProbeOnce(std::vector<net::Address> addresses, absl::Duration timeout = absl::Seconds(10),
               Expected expected = Expected::Anything()) {
  std::vector<Told> told;
  Options options;
  options.targets = {{"target", std::move(addresses)}};
  options.expected = std::move(expected);
  options.connections = 1;
  options.timeout = timeout;
  options.on_end = [&told](const Ending& ending) {
    told.push_back({ending.outcome, ending.error, ending.address->ToString(),
                    std::string(ending.tried_before), ending.connect, ending.first_byte,
                    ending.total, std::string(ending.bytes)});
  };
  const Report report = Drive(options);
  EXPECT_EQ(report.connections(), 1U);
  EXPECT_EQ(told.size(), 1U);
  EXPECT_EQ(report.count(told.at(0).outcome), 1U);
  return told.at(0);
}

TEST(OutcomesTest, Greeted) {
  Server server(Saying("Hello"));
  const Told told = ProbeOnce(server.target().addresses);
  EXPECT_EQ(told.outcome, Outcome::kGreeted);
  EXPECT_EQ(told.bytes, "Hello");
  EXPECT_EQ(told.address, server.target().text);
  EXPECT_EQ(told.tried_before, "");
  EXPECT_GT(told.connect, absl::ZeroDuration());
  EXPECT_GE(told.first_byte, told.connect);
  EXPECT_GE(told.total, told.first_byte);
}

TEST(OutcomesTest, GreetedByAPattern) {
  Server server(Saying("web-7 greets"));
  const auto ask = [&server](const char* pattern) {
    return ProbeOnce(server.target().addresses, absl::Seconds(10),
                     Expected::Matching(pattern).value())
        .outcome;
  };
  EXPECT_EQ(ask("^web-\\d greets$"), Outcome::kGreeted);
  EXPECT_EQ(ask("^web-8"), Outcome::kWrong);
}

// A clean end of nothing is no greeting: so a listener's limit looks that rejects.
TEST(OutcomesTest, Nothing) {
  Server server(Saying(""));
  const Told told = ProbeOnce(server.target().addresses);
  EXPECT_EQ(told.outcome, Outcome::kShort);
  EXPECT_LT(told.first_byte, absl::ZeroDuration());
}

TEST(OutcomesTest, Refused) {
  const Told told = ProbeOnce({Refusing()});
  EXPECT_EQ(told.outcome, Outcome::kRefused);
  EXPECT_EQ(told.error, ECONNREFUSED);
  EXPECT_LT(told.connect, absl::ZeroDuration());
}

TEST(OutcomesTest, RefusedByAUnixSocketThatIsNotThere) {
  EXPECT_EQ(ProbeOnce({net::Address::Parse("unix:/nowhere/at/all").value()}).outcome,
            Outcome::kRefused);
}

TEST(OutcomesTest, Dropped) {
  const FullServer server;
  const Told told = ProbeOnce({server.address()}, absl::Milliseconds(50));
  EXPECT_EQ(told.outcome, Outcome::kUnanswered);
  EXPECT_GE(told.total, absl::Milliseconds(50));
}

TEST(OutcomesTest, ConnectedAndThenSilent) {
  std::vector<int> clients;
  {
    Server server([&clients](int fd) { clients.push_back(fd); });
    const Told told = ProbeOnce(server.target().addresses, absl::Milliseconds(50));
    EXPECT_EQ(told.outcome, Outcome::kTimedOut);
    EXPECT_GT(told.connect, absl::ZeroDuration());
  }
  for (const int fd : clients) close(fd);
}

TEST(OutcomesTest, Reset) {
  Server server([](int fd) {
    const linger abort = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    close(fd);
  });
  EXPECT_EQ(ProbeOnce(server.target().addresses).outcome, Outcome::kReset);
}

// A network without a way out.
TEST(OutcomesTest, Unreachable) {
  std::optional<Told> told;
  std::thread([&told] {
    if (unshare(CLONE_NEWNET) != 0) return;
    told = ProbeOnce({net::Address::Parse("192.0.2.1:9190").value()});
  }).join();
  if (!told.has_value()) GTEST_SKIP() << "skipped: making a network namespace takes privilege";
  EXPECT_EQ(told->outcome, Outcome::kUnreachable);
  EXPECT_EQ(told->error, ENETUNREACH);
}

// A name's addresses are tried in turn, as any client does.
TEST(OutcomesTest, TheNextAddressAnswers) {
  Server server(Saying("Hello"));
  const net::Address refusing = Refusing();
  const FullServer full;
  const Told told =
      ProbeOnce({refusing, full.address(), server.target().addresses[0]}, absl::Milliseconds(900));
  EXPECT_EQ(told.outcome, Outcome::kGreeted);
  EXPECT_EQ(told.address, server.target().text);
  EXPECT_EQ(told.tried_before, absl::StrCat(refusing.ToString(), " (Connection refused), ",
                                            full.address().ToString(), " (no answer)"));
}

TEST(OutcomesTest, NoAddressAnswers) {
  const FullServer full;
  const net::Address refusing = Refusing();
  const Told told = ProbeOnce({full.address(), refusing}, absl::Milliseconds(100));
  EXPECT_EQ(told.outcome, Outcome::kRefused);
  EXPECT_THAT(told.tried_before, HasSubstr("(no answer)"));
}

// A connection that was made is never taken for one that was not: the server has counted it.
TEST(OutcomesTest, GivingUpIsNotTooLate) {
  Server server(Saying("Hello"));
  const net::FileDescriptor made(StartConnecting(server.target().addresses[0], std::nullopt));
  EXPECT_FALSE(GiveUpConnecting(made.get()));
  const FullServer full;
  const net::FileDescriptor tried(StartConnecting(full.address(), std::nullopt));
  EXPECT_TRUE(GiveUpConnecting(tried.get()));
}

TEST(OutcomesTest, PatienceIsForConnectingAlone) {
  const FullServer full;
  Options options;
  options.targets = {{"full", {full.address()}}};
  options.connections = 3;
  options.in_flight = 2;
  options.connect_patience = absl::Milliseconds(20);
  EXPECT_EQ(Drive(options).count(Outcome::kUnanswered), 3U);

  // Greets once the patience with a connection that was begun later is over.
  absl::Notification over;
  Server slow([&over](int fd) {
    over.WaitForNotification();
    Saying("Hello world")(fd);
  });
  options.targets = {slow.target(), {"full", {full.address()}}};
  options.connections = 2;
  options.on_end = [&over](const Ending& ending) {
    if (ending.outcome == Outcome::kUnanswered) over.Notify();
  };
  const Report report = Drive(options);
  EXPECT_EQ(report.count(Outcome::kUnanswered), 1U);
  EXPECT_EQ(report.count(Outcome::kGreeted), 1U);
  if (!over.HasBeenNotified()) over.Notify();
}

// A unix socket's queue lets nobody wait (connect(2)): it is as a SYN that is dropped.
TEST(OutcomesTest, AFullUnixSocketAnswersNobody) {
  const FullUnixServer full;
  const Told told = ProbeOnce({full.address()});
  EXPECT_EQ(told.outcome, Outcome::kUnanswered);
  EXPECT_EQ(told.error, EAGAIN);
}

// Where connecting fails at once, the processor is left to others in between.
TEST(OutcomesTest, WhatFailsAtOnceIsNotTriedAgainAtOnce) {
  const FullUnixServer full;
  Options options;
  options.connections = 50;
  options.in_flight = 1;
  for (const net::Address& address : {Refusing(), full.address()}) {
    options.targets = {{"target", {address}}};
    const Report report = Drive(options);
    EXPECT_EQ(report.connections(), 50U);
    EXPECT_GE(report.elapsed, absl::Milliseconds(49)) << address.ToString();
  }
}

}  // namespace
}  // namespace greeter::probe
