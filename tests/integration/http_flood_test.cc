// Whoever talks to the HTTP port, or does not, disturbs neither greetings nor operators, and the
// few who mean it are answered. Promise 10.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "greeterd_process.h"
#include "net/file_descriptor.h"
#include "support/tcp_client.h"
#include "support/wait_for.h"

namespace greeter::testing {
namespace {

// As few as greeterd is asked to do with.
constexpr int kDescriptors = 128;
constexpr size_t kFlood = 10'000;
constexpr absl::Duration kPatience = absl::Seconds(60);

// As many connections as there may be, each with what somebody might begin with, and never more.
std::vector<net::FileDescriptor> Flood(const net::Address& address) {
  const std::string beginnings[] = {"", "GET /metrics HT", "\x16\x03\x01\x02", "nonsense\r\n\r\n"};
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  const size_t count =
      std::min<size_t>(kFlood, limit.rlim_cur - std::min<rlim_t>(200, limit.rlim_cur));
  std::vector<net::FileDescriptor> flood;
  for (size_t i = 0; i < count; ++i) {
    net::FileDescriptor client(
        socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    connect(client.get(), address.data(), address.size());
    const std::string& beginning = beginnings[i % std::size(beginnings)];
    send(client.get(), beginning.data(), beginning.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    flood.push_back(std::move(client));
  }
  return flood;
}

bool IsAlive(const net::Address& http) {
  const Greeted answer = Greet(http, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return absl::StartsWith(answer.bytes, "HTTP/1.1 200 ");
}

TEST(HttpFloodTest, DisturbsNobody) {
  GreeterdProcess greeterd(kDescriptors);
  ASSERT_TRUE(greeterd.running());
  ASSERT_TRUE(IsAlive(greeterd.http()));
  const std::vector<net::FileDescriptor> flood = Flood(greeterd.http());
  const absl::Time begin = absl::Now();
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(Greet(greeterd.address()), (Greeted{"Hello world", HowEnded::kClean}));
    EXPECT_NE(GreeterdProcess::Ask(*greeterd.NewStub()), absl::InfiniteDuration());
  }
  EXPECT_LT(absl::Now() - begin, kPatience / 2);
  EXPECT_LE(greeterd.OpenDescriptors(), kDescriptors);
  EXPECT_TRUE(WaitFor([&] { return IsAlive(greeterd.http()); }, kPatience));

  // All that time there was little to do, and now there is nothing.
  const absl::Duration used = greeterd.Used();
  const absl::Time idle_since = absl::Now();
  EXPECT_TRUE(WaitFor([&] { return absl::Now() - idle_since > absl::Seconds(1); }, kPatience));
  EXPECT_LT(greeterd.Used() - used, absl::Milliseconds(300)) << "it spins";
  EXPECT_EQ(greeterd.Stop(), 0);
}

}  // namespace
}  // namespace greeter::testing
