// Promise 10: always reachable. What makes gRPC work for nothing fills no memory and keeps nobody
// from being answered, on each port.

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "admin_fixture.h"
#include "greeterd_process.h"
#include "gtest/gtest.h"
#include "net/address.h"
#include "net/file_descriptor.h"
#include "support/certificates.h"
#include "support/clients.h"
#include "support/http2.h"
#include "tls_connection.h"
#include "unfinished_calls.h"

namespace greeter::testing {
namespace {

// Enough for some twenty connections to the health port.
constexpr int kDescriptors = 4096;
constexpr char kStatusPath[] = "/greeter.admin.v1.GreeterAdminService/GetStatus";
constexpr char kHealthPath[] = "/grpc.health.v1.Health/Check";

// What sanitizers make of a second, and of 128 MiB.
#if defined(__SANITIZE_ADDRESS__)
constexpr double kSlower = 5;
#else
constexpr double kSlower = 1;
#endif

enum class Port { kLoopback, kUnix, kHealth, kTls };

// A connection that waits for five seconds at most; invalid if it was refused.
net::FileDescriptor Open(const net::Address& to) {
  net::FileDescriptor fd(socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience = {5, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  if (connect(fd.get(), to.data(), to.size()) != 0) fd.Close();
  return fd;
}

// One that has acknowledged the server's SETTINGS; invalid if it was refused.
net::FileDescriptor Begin(const net::Address& to) {
  net::FileDescriptor fd = Open(to);
  const std::string hello = Http2Preface();
  std::array<char, 256> settings = {};
  const std::string acknowledged = Http2Acknowledgement();
  if (send(fd.get(), hello.data(), hello.size(), MSG_NOSIGNAL) < 0 ||
      recv(fd.get(), settings.data(), settings.size(), 0) <= 0 ||
      send(fd.get(), acknowledged.data(), acknowledged.size(), MSG_NOSIGNAL) < 0) {
    fd.Close();
  }
  return fd;
}

class AdminFloodTest : public ::testing::TestWithParam<Port> {
 protected:
  AdminFloodTest() : greeterd_(kDescriptors, Options(), Credentials()) {}

  std::vector<std::string> Options() const {
    std::vector<std::string> options = {"--health", "127.0.0.1:0", "--log-level", "error"};
    if (GetParam() == Port::kUnix) {
      options.insert(options.end(), {"--admin", "unix:" + directory_.File("admin.sock")});
    }
    if (GetParam() == Port::kTls) {
      options.insert(options.end(),
                     {"--admin-cert", directory_.File("server.pem"), "--admin-key",
                      directory_.File("server.key"), "--admin-client-ca", directory_.File("ca.pem"),
                      "--admin-operator", "operator", "--admin-viewer", "viewer"});
    }
    return options;
  }

  std::shared_ptr<grpc::ChannelCredentials> Credentials() const {
    if (GetParam() != Port::kTls) return nullptr;
    const KeyPair server = ca_.IssueForServer();
    directory_.Write("server.pem", server.cert);
    directory_.Write("server.key", server.key);
    directory_.Write("ca.pem", ca_.pem());
    const KeyPair client = ca_.Issue({.common_name = "operator"});
    return grpc::SslCredentials({ca_.pem(), client.key, client.cert});
  }

  // One connection's: says `said`, and waits for the server to end it. False if it was refused.
  bool Attack(const std::string& said) const {
    if (GetParam() == Port::kTls) {
      TlsConnection attacker(ConnectFrom("127.0.0.2", target()), viewer_);
      const bool begun = attacker.Send(Http2Preface()) && !attacker.Receive().empty() &&
                         attacker.Send(Http2Acknowledgement());
      if (begun) attacker.Send(said);
      attacker.WaitForEnd();
      return begun;
    }
    const net::FileDescriptor attacker = Begin(target());
    if (!attacker.valid()) return false;
    send(attacker.get(), said.data(), said.size(), MSG_NOSIGNAL);
    shutdown(attacker.get(), SHUT_WR);
    std::array<char, 4096> answer = {};
    while (recv(attacker.get(), answer.data(), answer.size(), 0) > 0) {
    }
    return true;
  }

  // One connection's: calls with large messages that never end, until the server ends it or has
  // nothing to say. False if it was refused.
  bool SayUnfinished() const {
    constexpr size_t kMost = 65'536;
    const std::string path = GetParam() == Port::kHealth ? kHealthPath : kStatusPath;
    const auto run = [&](UnfinishedCalls::Connection connection) {
      return UnfinishedCalls(std::move(connection), path, 20, 4 << 20).Run();
    };
    if (GetParam() == Port::kTls) {
      TlsConnection attacker(ConnectFrom("127.0.0.2", target()), viewer_);
      return run({[&](absl::string_view said) { return attacker.Send(said); },
                  [&] { return attacker.Receive(kMost); }});
    }
    const net::FileDescriptor attacker = Open(target());
    return run({[&](absl::string_view said) {
                  return send(attacker.get(), said.data(), said.size(), MSG_NOSIGNAL) ==
                         static_cast<ssize_t>(said.size());
                },
                [&] {
                  std::string heard(kMost, 0);
                  const ssize_t size = recv(attacker.get(), heard.data(), heard.size(), 0);
                  heard.resize(static_cast<size_t>(std::max<ssize_t>(size, 0)));
                  return heard;
                }});
  }

  void SetUp() override {
    ASSERT_TRUE(greeterd_.running());
    probe::Options load;
    load.targets = {{greeterd_.address().ToString(), {greeterd_.address()}}};
    load.in_flight = 16;
    load.duration = absl::InfiniteDuration();
    clients_ = std::make_unique<Clients>(load);
  }

  const net::Address& target() const {
    return GetParam() == Port::kHealth ? greeterd_.health() : greeterd_.admin();
  }

  // Says `said` over three connections at a time, each until the server ends it, while an operator
  // and a probe ask.
  void FloodWith(const std::string& said) {
    FloodBy(3, 30, [&] { return Attack(said); });
  }

  // As many as `attackers` at a time, until `most` have had an effect at least, while an operator
  // and a probe ask.
  void FloodBy(int attackers, int most, const std::function<bool()>& attack) {
    std::atomic<bool> stopping = false;
    std::atomic<int> floods = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < attackers; ++i) {
      threads.emplace_back([&] {
        while (!stopping) {
          if (attack()) ++floods;
        }
      });
    }
    const auto old = greeterd_.NewStub();
    absl::Duration longest = absl::ZeroDuration();
    for (int asked = 0; asked < 20 || floods < most; ++asked) {
      longest = std::max(
          {longest, GreeterdProcess::Ask(*old), GreeterdProcess::Ask(*greeterd_.NewStub())});
      std::string answer;
      const absl::Time begin = absl::Now();
      const grpc::Status probed =
          CallRaw(Connect(greeterd_.health().ToString()), kHealthPath, "", &answer);
      EXPECT_TRUE(probed.ok()) << probed.error_message();
      EXPECT_EQ(answer, "\x08\x01");
      longest = std::max(longest, absl::Now() - begin);
    }
    EXPECT_TRUE(clients_->WaitForGreeted(100));
    stopping = true;
    for (std::thread& thread : threads) thread.join();
    EXPECT_LT(longest, kSlower * absl::Seconds(1));
    const probe::Report& report = clients_->Stop();
    EXPECT_EQ(clients_->harmed(), 0u) << report;
    EXPECT_LT(static_cast<double>(greeterd_.PeakMemory()), kSlower * 128);
    RecordProperty("longest_wait", absl::FormatDuration(longest));
    RecordProperty("peak_memory_mib", std::to_string(greeterd_.PeakMemory()));
    EXPECT_EQ(greeterd_.Stop(), 0);
  }

  const TemporaryDirectory directory_;
  const CertificateAuthority ca_{"test CA"};
  const KeyPair viewer_ = ca_.Issue({.common_name = "viewer"});
  GreeterdProcess greeterd_;
  std::unique_ptr<Clients> clients_;
};

// HTTP/2's "rapid reset" (CVE-2023-44487): calls that are begun and given up at once.
TEST_P(AdminFloodTest, RapidReset) {
  std::string calls;
  for (uint32_t stream = 1; stream < 40'000; stream += 2) {
    calls += Http2Call(stream, GetParam() == Port::kHealth ? kHealthPath : kStatusPath);
    calls += Http2Cancel(stream);
  }
  FloodWith(calls);
}

// "MadeYouReset" (CVE-2025-8671): DATA with a flag that gRPC doesn't know makes it reset the call,
// not the client.
TEST_P(AdminFloodTest, MadeYouReset) {
  std::string calls;
  for (uint32_t stream = 1; stream < 40'000; stream += 2) {
    calls += Http2Call(stream, GetParam() == Port::kHealth ? kHealthPath : kStatusPath);
    calls += Http2Frame(0, 0x40, stream, "x");
  }
  FloodWith(calls);
}

TEST_P(AdminFloodTest, CallsBegunBeforeLeaving) {
  std::string calls;
  for (uint32_t stream = 1; stream < 200; stream += 2) {
    calls += Http2Call(stream, GetParam() == Port::kHealth ? kHealthPath : kStatusPath);
  }
  FloodWith(calls);
}

TEST_P(AdminFloodTest, EndlessMetadata) {
  std::string frames = Http2Frame(1, 0, 1, std::string("\0\x7f\xff\xff\xff\x7f", 6));
  for (int i = 0; i < 1000; ++i) frames += Http2Frame(9, 0, 1, std::string(16'000, 'x'));
  FloodWith(frames);
}

TEST_P(AdminFloodTest, FramesThatMeanNothing) {
  std::string frames;
  for (int i = 0; i < 20'000; ++i) {
    frames += Http2Frame(6, 0, 0, "question") + Http2Frame(2, 0, 1, "first") +
              Http2Frame(8, 0, 0, absl::string_view("\0\0\0\1", 4)) + Http2Frame(4, 0, 0);
  }
  FloodWith(frames);
}

// Who has most of what is not whole leaves when that is too much; whoever comes is served.
TEST_P(AdminFloodTest, MessagesThatNeverEnd) {
  // On the health port that leaves a place for the probe.
  const int attackers = GetParam() == Port::kHealth ? 3 : 8;
  FloodBy(attackers, 2 * attackers, [&] { return SayUnfinished(); });
}

// Clients with certificates and without that shake hands, or begin to, and leave: on the port where
// there is something to shake.
using AdminHandshakeFloodTest = AdminFloodTest;

TEST_P(AdminHandshakeFloodTest, AreServedInTurn) {
  const KeyPair stranger = CertificateAuthority("test CA").Issue({.common_name = "viewer"});
  std::atomic<int> turn = 0;
  FloodBy(8, 500, [&] {
    const TlsConnection attacker(ConnectFrom("127.0.0.2", target()),
                                 ++turn % 2 == 0 ? viewer_ : stranger);
    return attacker.version() != "none";
  });
}

std::string NameOf(const ::testing::TestParamInfo<Port>& tested) {
  switch (tested.param) {
    case Port::kLoopback:
      return "Loopback";
    case Port::kUnix:
      return "Unix";
    case Port::kHealth:
      return "Health";
    case Port::kTls:
      return "Tls";
  }
  return "";
}

INSTANTIATE_TEST_SUITE_P(Ports, AdminFloodTest,
                         ::testing::Values(Port::kLoopback, Port::kUnix, Port::kHealth, Port::kTls),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Ports, AdminHandshakeFloodTest, ::testing::Values(Port::kTls), NameOf);

}  // namespace
}  // namespace greeter::testing
