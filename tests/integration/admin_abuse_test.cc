// Promise 10: always reachable. Whatever clients do to an admin port with mutual TLS, with
// certificates and without, a proper client of it is answered within a second, memory stays
// bounded, and greetings flow on.

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "admin_fixture.h"
#include "greeterd_process.h"
#include "gtest/gtest.h"
#include "support/certificates.h"
#include "support/clients.h"
#include "support/wait_for.h"
#include "tls_connection.h"

namespace greeter::testing {
namespace {

constexpr int kDescriptors = 1024;
// An attacker's; operators come from 127.0.0.1.
constexpr char kElsewhere[] = "127.0.0.2";
constexpr absl::Duration kLong = absl::Seconds(60);
// HTTP/2's preface and empty SETTINGS (RFC 9113, 3.4 and 6.5), and a PING (6.7).
const std::string kPreface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
const std::string kPing("\0\0\x08\x06\0\0\0\0\0ABCDEFGH", 17);

// What sanitizers make of a second, and of 128 MiB.
#if defined(__SANITIZE_ADDRESS__)
constexpr double kSlower = 5;
#else
constexpr double kSlower = 1;
#endif

// Times as much as in a normal run.
int Factor() {
  const char* const factor = std::getenv("GREETER_TEST_FACTOR");
  return factor == nullptr ? 1 : std::atoi(factor);
}

class AdminAbuseTest : public ::testing::Test {
 protected:
  AdminAbuseTest() {
    const KeyPair server = authority_.IssueForServer();
    directory_.Write("server.pem", server.cert);
    directory_.Write("server.key", server.key);
    directory_.Write("ca.pem", authority_.pem());
    greeterd_ = std::make_unique<GreeterdProcess>(
        kDescriptors,
        std::vector<std::string>{"--admin-cert", directory_.File("server.pem"), "--admin-key",
                                 directory_.File("server.key"), "--admin-client-ca",
                                 directory_.File("ca.pem"), "--admin-operator", "operator",
                                 "--admin-viewer", "viewer", "--log-level", "error"},
        CredentialsOf(authority_.Issue({.common_name = "operator"})));
  }

  void SetUp() override {
    ASSERT_TRUE(greeterd_->running());
    probe::Options load;
    load.targets = {{greeterd_->address().ToString(), {greeterd_->address()}}};
    load.in_flight = 16;
    load.duration = absl::InfiniteDuration();
    clients_ = std::make_unique<Clients>(load);
    operator_ = std::thread([this] {
      const auto old = greeterd_->NewStub();
      while (!stopping_) {
        for (const bool anew : {false, true}) {
          longest_ = std::max(longest_, GreeterdProcess::Ask(anew ? *greeterd_->NewStub() : *old));
        }
        ++asked_;
        absl::SleepFor(absl::Milliseconds(50));
      }
    });
    WaitForOperator(2);
  }

  void TearDown() override {
    if (!operator_.joinable()) return;
    WaitForOperator(2);
    EXPECT_TRUE(clients_->WaitForGreeted(100));
    stopping_ = true;
    operator_.join();
    EXPECT_LT(longest_, kSlower * absl::Seconds(1));
    const probe::Report& report = clients_->Stop();
    EXPECT_EQ(clients_->harmed(), 0u) << report;
    EXPECT_LT(static_cast<double>(greeterd_->PeakMemory()), kSlower * 128);
    RecordProperty("longest_wait", absl::FormatDuration(longest_));
    RecordProperty("peak_memory_mib", std::to_string(greeterd_->PeakMemory()));
    EXPECT_EQ(greeterd_->Stop(), 0);
  }

  void WaitForOperator(int times) {
    EXPECT_TRUE(WaitFor([this, until = asked_ + times] { return asked_ >= until; }, kLong));
  }

  std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(const KeyPair& client) const {
    return grpc::SslCredentials({authority_.pem(), client.key, client.cert});
  }
  KeyPair Viewer() const { return authority_.Issue({.common_name = "viewer"}); }
  std::unique_ptr<api::GreeterAdminService::Stub> StubOf(const KeyPair& client) const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return api::GreeterAdminService::NewStub(
        grpc::CreateCustomChannel(greeterd_->admin().ToString(), CredentialsOf(client), arguments));
  }

  const TemporaryDirectory directory_;
  const CertificateAuthority authority_{"test CA"};
  std::unique_ptr<GreeterdProcess> greeterd_;
  std::unique_ptr<Clients> clients_;

 private:
  std::atomic<bool> stopping_ = false;
  std::atomic<int> asked_ = 0;
  // Owned by the operator until it has ended.
  absl::Duration longest_ = absl::ZeroDuration();
  std::thread operator_;
};

// Some say nothing, some begin, some say all that they must and then nothing.
TEST_F(AdminAbuseTest, StalledHandshakes) {
  std::vector<net::FileDescriptor> stalled;
  const std::string hello = ClientHello();
  for (int i = 0; i < 1000 * Factor(); ++i) {
    stalled.push_back(ConnectFrom(kElsewhere, greeterd_->admin()));
    const std::string said = hello.substr(0, i % 3 == 0 ? 0 : i % 3 == 1 ? 20 : hello.size());
    send(stalled.back().get(), said.data(), said.size(), MSG_NOSIGNAL);
  }
  WaitForOperator(5);
}

TEST_F(AdminAbuseTest, ConnectionsOpenedAndDropped) {
  for (int i = 0; i < 1000 * Factor(); ++i) {
    const net::FileDescriptor connection = ConnectFrom(kElsewhere, greeterd_->admin());
    const linger reset = {1, 0};
    if (i % 2 == 0) {
      setsockopt(connection.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    }
  }
}

TEST_F(AdminAbuseTest, RandomBytes) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same bytes every time
  for (int i = 0; i < 300 * Factor(); ++i) {
    const net::FileDescriptor connection = ConnectFrom(kElsewhere, greeterd_->admin());
    std::string bytes(16384, 0);
    for (char& byte : bytes) byte = static_cast<char>(random());
    // Some begin as a TLS record does.
    if (i % 2 == 0) bytes.replace(0, 3, "\x16\x03\x01");
    send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
}

TEST_F(AdminAbuseTest, LargestAndTooLargeMessages) {
  for (const auto& [name, code] :
       {std::pair("nobody", grpc::PERMISSION_DENIED), std::pair("viewer", grpc::PERMISSION_DENIED),
        std::pair("operator", grpc::INVALID_ARGUMENT)}) {
    const auto stub = StubOf(authority_.Issue({.common_name = name}));
    for (const size_t size : {size_t{4} << 20, size_t{8} << 20}) {
      std::vector<std::thread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, code = code] {
          api::SetMessageRequest request;
          request.mutable_greeting()->set_text(std::string(size, 'x'));
          api::SetMessageResponse response;
          Context context;
          const grpc::Status status = stub->SetMessage(&context, request, &response);
          const bool refused =
              status.error_code() == (size < (5u << 20) ? code : grpc::RESOURCE_EXHAUSTED);
          EXPECT_TRUE(refused) << status.error_code() << " " << status.error_message();
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
  }
}

TEST_F(AdminAbuseTest, AMebibyteOfMetadata) {
  const KeyPair viewer = Viewer();
  for (int i = 0; i < 30 * Factor(); ++i) {
    Context context;
    context.AddMetadata("more", std::string(1 << 20, 'x'));
    api::GetStatusResponse response;
    EXPECT_FALSE(StubOf(viewer)->GetStatus(&context, {}, &response).ok());
  }
}

// Of clients that read no answer, at two addresses: one may have eight connections.
TEST_F(AdminAbuseTest, PingFlood) {
  std::string pings;
  for (int i = 0; i < 1000; ++i) pings += kPing;
  std::vector<std::unique_ptr<TlsConnection>> flood;
  for (int i = 0; i < 10; ++i) {
    const char* const from = i % 2 == 0 ? kElsewhere : "127.0.0.3";
    flood.push_back(
        std::make_unique<TlsConnection>(ConnectFrom(from, greeterd_->admin()), Viewer()));
    ASSERT_TRUE(flood.back()->Send(kPreface));
    for (int turn = 0; turn < 10; ++turn) EXPECT_TRUE(flood.back()->Send(pings));
  }
  WaitForOperator(5);
}

TEST_F(AdminAbuseTest, AThousandIdleWatchers) {
  const KeyPair viewer = Viewer();
  std::vector<std::unique_ptr<api::GreeterAdminService::Stub>> stubs;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<api::WatchStatusResponse>>> streams;
  int served = 0;
  for (int i = 0; i < 1000; ++i) {
    // A connection has 100 streams at most; an address has eight connections, one of them the
    // operator's.
    if (i % 100 == 0 && stubs.size() < 4) stubs.push_back(StubOf(viewer));
    contexts.push_back(std::make_unique<Context>());
    streams.push_back(stubs.back()->WatchStatus(contexts.back().get(), {}));
    api::WatchStatusResponse response;
    if (streams.back()->Read(&response)) {
      ++served;
      continue;
    }
    EXPECT_EQ(streams.back()->Finish().error_code(), grpc::RESOURCE_EXHAUSTED);
    streams.pop_back();
  }
  EXPECT_EQ(served, 256);
  WaitForOperator(5);
  for (const auto& context : contexts) context->TryCancel();
  for (const auto& stream : streams) {
    api::WatchStatusResponse response;
    while (stream->Read(&response)) {
    }
    stream->Finish();
  }
  // Their places are free again.
  EXPECT_TRUE(WaitFor([&] {
    Context context;
    const auto stream = stubs.front()->WatchStatus(&context, {});
    api::WatchStatusResponse response;
    const bool read = stream->Read(&response);
    context.TryCancel();
    stream->Finish();
    return read;
  }));
}

}  // namespace
}  // namespace greeter::testing
