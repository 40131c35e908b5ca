// The measuring instrument is measured: servers that err in a known way, and a histogram against
// sorted values.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "load/generator.h"
#include "load/held_connections.h"
#include "load/histogram.h"

namespace greeter::load {
namespace {

// Accepts on a port of its own, in a thread, and lets `serve` do what it likes with each client.
class Server {
 public:
  explicit Server(std::function<void(int fd)> serve) : serve_(std::move(serve)) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 1024), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (int client; (client = accept(fd_, nullptr, nullptr)) >= 0;) serve_(client);
    });
  }

  ~Server() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    close(fd_);
  }

  Target target() const { return *ParseTarget(absl::StrCat("127.0.0.1:", port_)); }

 private:
  const std::function<void(int fd)> serve_;
  int fd_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
};

void Say(int fd, const std::string& text) {
  EXPECT_EQ(send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

std::function<void(int)> Saying(const std::string& text) {
  return [text](int fd) {
    Say(fd, text);
    close(fd);
  };
}

Options Few(const Target& target) {
  Options options;
  options.targets = {target};
  options.in_flight = 8;
  options.connections = 100;
  return options;
}

Report Drive(Options options) {
  auto generator = Generator::Create(std::move(options));
  EXPECT_TRUE(generator.ok()) << generator.status();
  return (*generator)->Run();
}

// Every connection ended as `outcome`.
void ExpectAll(const Report& report, Outcome outcome) {
  EXPECT_EQ(report.count(outcome), report.connections()) << report.ToText();
  EXPECT_GT(report.connections(), 0U);
}

TEST(GeneratorTest, CountsWholeGreetings) {
  Server server(Saying("Hello world"));
  const Report report = Drive(Few(server.target()));
  ExpectAll(report, Outcome::kGreeted);
  EXPECT_EQ(report.connections(), 100U);
  EXPECT_EQ(report.bytes_received, 1100U);
  EXPECT_EQ(report.total.count(), 100U);
  EXPECT_GE(report.total.max(), report.connect.Percentile(0));
}

TEST(GeneratorTest, TellsShortFromWrong) {
  {
    Server server(Saying("Hello worl"));
    ExpectAll(Drive(Few(server.target())), Outcome::kShort);
  }
  {
    Server server(Saying("Hello worlD"));
    ExpectAll(Drive(Few(server.target())), Outcome::kWrong);
  }
  Server server(Saying("Hello world!"));
  ExpectAll(Drive(Few(server.target())), Outcome::kWrong);
}

TEST(GeneratorTest, TellsAlternativesApartAndRefusesAMix) {
  std::atomic<int> turn = 0;
  Server server([&turn](int fd) {
    const std::string texts[] = {"aaaa", "bbbb", "aabb", ""};
    Saying(texts[turn++ % 4])(fd);
  });
  Options options = Few(server.target());
  options.expected = {"aaaa", "bbbb"};
  const Report report = Drive(options);
  EXPECT_EQ(report.greeted_by_expected, (std::vector<uint64_t>{25, 25}));
  EXPECT_EQ(report.count(Outcome::kWrong), 25U);
  EXPECT_EQ(report.count(Outcome::kShort), 25U);
}

TEST(GeneratorTest, VerifiesAGreetingOfManySegments) {
  const std::string text(64 * 1024, 'y');
  Server server(Saying(text));
  Options options = Few(server.target());
  options.expected = {text};
  ExpectAll(Drive(options), Outcome::kGreeted);
}

TEST(GeneratorTest, SeesAReset) {
  Server server([](int fd) {
    Say(fd, "Hello world");
    const linger abort = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    close(fd);
  });
  ExpectAll(Drive(Few(server.target())), Outcome::kReset);
}

// Promise 2: what a server that closes without reading does to a client that speaks first.
TEST(GeneratorTest, SeesTheResetOfAServerThatDoesNotRead) {
  Server server(Saying("Hello world"));
  Options options = Few(server.target());
  options.speak_bytes = 1000;
  options.half_close = true;
  ExpectAll(Drive(options), Outcome::kReset);
}

// The reset comes after the greeting and its end have been read.
TEST(GeneratorTest, SeesALateReset) {
  Server server([](int fd) {
    Say(fd, "Hello world");
    shutdown(fd, SHUT_WR);
    char byte = 0;
    EXPECT_EQ(recv(fd, &byte, 1, 0), 1);
    close(fd);
  });
  Options options = Few(server.target());
  options.speak_bytes = Options::kEndless;
  options.speak = Speak::kAfter;
  options.half_close = true;
  const Report report = Drive(options);
  ExpectAll(report, Outcome::kReset);
  EXPECT_EQ(report.reset_after_whole, report.connections());
}

TEST(GeneratorTest, SpeaksWithAServerThatReadsToTheEnd) {
  for (const Speak when : {Speak::kFirst, Speak::kDuring, Speak::kAfter}) {
    std::atomic<uint64_t> heard = 0;
    {
      Server server([&heard](int fd) {
        Say(fd, "Hello world");
        shutdown(fd, SHUT_WR);
        std::vector<char> buffer(65536);
        for (ssize_t size; (size = recv(fd, buffer.data(), buffer.size(), 0)) > 0;) {
          heard += static_cast<uint64_t>(size);
        }
        close(fd);
      });
      Options options = Few(server.target());
      options.connections = 20;
      options.speak_bytes = 1 << 20;
      options.speak = when;
      options.half_close = true;
      ExpectAll(Drive(options), Outcome::kGreeted);
    }
    // The server, now gone, has read to the end of the last one.
    EXPECT_EQ(heard, uint64_t{20} << 20);
  }
}

TEST(GeneratorTest, SeesRefusal) {
  Target target;
  {
    Server server(Saying(""));
    target = server.target();
  }
  const Report report = Drive(Few(target));
  ExpectAll(report, Outcome::kRefused);
  EXPECT_EQ(report.connections(), 100U);
}

TEST(GeneratorTest, GivesUpOnAServerThatSaysNothing) {
  std::vector<int> clients;
  {
    Server server([&clients](int fd) { clients.push_back(fd); });
    Options options = Few(server.target());
    options.connections = 8;
    options.timeout = absl::Milliseconds(50);
    ExpectAll(Drive(options), Outcome::kTimedOut);
  }
  for (const int fd : clients) close(fd);
}

// No coordinated omission: one stall is charged to all whose start it delayed.
TEST(GeneratorTest, CountsLatencyFromTheIntendedStart) {
  int turn = 0;
  Server server([&turn](int fd) {
    if (turn++ == 0) std::this_thread::sleep_for(std::chrono::milliseconds(200));
    Saying("Hello world")(fd);
  });
  Options options = Few(server.target());
  options.in_flight = 1;
  options.rate = 1000;
  options.connections = 200;
  const Report report = Drive(options);
  ExpectAll(report, Outcome::kGreeted);
  EXPECT_GT(report.total.Percentile(50), absl::Milliseconds(20));
  EXPECT_GT(report.delayed_starts, 0U);
}

TEST(GeneratorTest, StopsWhenTold) {
  Server server(Saying("Hello world"));
  Options options = Few(server.target());
  options.connections = Options::kEndless;
  options.duration = absl::InfiniteDuration();
  auto generator = Generator::Create(options);
  ASSERT_TRUE(generator.ok());
  std::thread stopper([&] {
    while ((*generator)->finished() < 50) std::this_thread::yield();
    (*generator)->Stop();
  });
  const Report report = (*generator)->Run();
  stopper.join();
  ExpectAll(report, Outcome::kGreeted);
  EXPECT_GE(report.connections(), 50U);
}

TEST(GeneratorTest, ConnectsFromManyAddresses) {
  std::atomic<uint32_t> highest = 0;
  Server server([&highest](int fd) {
    sockaddr_in peer = {};
    socklen_t size = sizeof(peer);
    getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size);
    highest = std::max<uint32_t>(highest, ntohl(peer.sin_addr.s_addr));
    Saying("Hello world")(fd);
  });
  Options options = Few(server.target());
  options.source_addresses = 5;
  ExpectAll(Drive(options), Outcome::kGreeted);
  EXPECT_EQ(highest, INADDR_LOOPBACK + 4);
}

TEST(GeneratorTest, RefusesOptionsThatCannotBeRight) {
  EXPECT_FALSE(Generator::Create(Options()).ok());
  Options options = Few(*ParseTarget(":1"));
  options.in_flight = 0;
  EXPECT_FALSE(Generator::Create(options).ok());
}

TEST(HeldConnectionsTest, StayOpen) {
  std::vector<int> clients;
  std::atomic<size_t> accepted = 0;
  Server server([&](int fd) {
    clients.push_back(fd);
    ++accepted;
  });
  {
    auto held = HeldConnections::Open({server.target()}, 20);
    ASSERT_TRUE(held.ok()) << held.status();
    EXPECT_EQ((*held)->count(), 20U);
    while (accepted < 20) std::this_thread::yield();
    char byte = 0;
    EXPECT_EQ(recv(clients.front(), &byte, 1, MSG_DONTWAIT), -1);
  }
  char byte = 0;
  for (const int fd : clients) {
    EXPECT_EQ(recv(fd, &byte, 1, 0), 0);
    close(fd);
  }
}

TEST(TargetTest, ReadsAddressesAndSaysWhatIsWrong) {
  EXPECT_EQ(ParseTarget("[::1]:80")->family(), AF_INET6);
  EXPECT_EQ(ParseTarget(":80")->family(), AF_INET);
  EXPECT_EQ(ParseTarget("unix:/run/x")->family(), AF_UNIX);
  for (const char* text :
       {"", "80", "127.0.0.1", "127.0.0.1:0", ":70000", "[::1:80", "host:80", "unix:"}) {
    EXPECT_FALSE(ParseTarget(text).ok()) << text;
  }
}

TEST(HistogramTest, IsNeverBelowAndAtMostOne128thAboveTheTruth) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> latencies(11, 3);
  Histogram first;
  Histogram second;
  std::vector<int64_t> sorted;
  for (int i = 0; i < 100'000; ++i) {
    sorted.push_back(static_cast<int64_t>(latencies(random)));
    (i % 2 == 0 ? first : second).Record(absl::Nanoseconds(sorted.back()));
  }
  first.Merge(second);
  std::sort(sorted.begin(), sorted.end());
  for (const double percent : {0.001, 1.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const auto rank = static_cast<size_t>(percent / 100 * 100'000);
    const auto truth = static_cast<double>(sorted[rank - 1]);
    const double reported = absl::ToDoubleNanoseconds(first.Percentile(percent));
    EXPECT_GE(reported, truth) << percent;
    EXPECT_LE(reported, truth * (1 + 1.0 / 128)) << percent;
  }
  EXPECT_EQ(first.count(), 100'000U);
  EXPECT_EQ(absl::ToInt64Nanoseconds(first.max()), sorted.back());
}

TEST(HistogramTest, HoldsItsExtremes) {
  Histogram histogram;
  EXPECT_EQ(histogram.Percentile(99), absl::ZeroDuration());
  histogram.Record(absl::Nanoseconds(-5));
  EXPECT_EQ(histogram.Percentile(100), absl::ZeroDuration());
  histogram.Record(absl::Nanoseconds(INT64_MAX));
  EXPECT_EQ(histogram.Percentile(100), absl::Nanoseconds(INT64_MAX));
}

}  // namespace
}  // namespace greeter::load
