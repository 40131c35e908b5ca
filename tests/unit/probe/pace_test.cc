// When connections start, how long they may last, and where they go.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "known_server.h"
#include "probe/generator.h"

namespace greeter::probe {
namespace {

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
  // The first client is kept waiting until as many as there are to be have come and gone elsewhere,
  // at the same rate.
  Server elsewhere(Saying("Hello world"));
  Options options = Few(elsewhere.target());
  options.in_flight = 1;
  options.rate = 1000;
  options.connections = 100;
  std::once_flag first;
  Server server([&](int fd) {
    std::call_once(first, [&] { ExpectAll(Drive(options), Outcome::kGreeted); });
    Saying("Hello world")(fd);
  });
  Options stalled = options;
  stalled.targets = {server.target()};
  const Report report = Drive(stalled);
  ExpectAll(report, Outcome::kGreeted);
  EXPECT_GT(report.total.Percentile(50), absl::Milliseconds(40));
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

// Who interrupts a probe does not wait for servers that say nothing.
TEST(GeneratorTest, CutsWhatIsOpen) {
  std::vector<int> clients;
  std::atomic<int> accepted = 0;
  {
    Server server([&](int fd) {
      clients.push_back(fd);
      ++accepted;
    });
    Options options = Few(server.target());
    options.timeout = absl::Hours(1);
    auto generator = Generator::Create(options);
    ASSERT_TRUE(generator.ok());
    std::thread cutter([&] {
      while (accepted < 8) std::this_thread::yield();
      (*generator)->Cut();
    });
    EXPECT_EQ((*generator)->Run().connections(), 0U);
    cutter.join();
  }
  for (const int fd : clients) close(fd);
}

}  // namespace
}  // namespace greeter::probe
