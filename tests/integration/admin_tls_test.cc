// Mutual TLS on the admin port: what clients need, and certificates that change while it runs.

#include <openssl/ssl.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "net/address.h"
#include "support/wait_for.h"
#include "tls_connection.h"
#include "tls_fixture.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::Duration kLong = absl::Seconds(20);

class AdminTlsTest : public TlsTest {
 protected:
  std::vector<std::string> Warnings() const {
    api::GetStatusResponse response;
    Context context;
    const auto stub = api::GreeterAdminService::NewStub(ConnectAs(Named("viewer")));
    const grpc::Status status = stub->GetStatus(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return {response.status().warnings().begin(), response.status().warnings().end()};
  }

  // The version of TLS that someone who speaks `newest` at most agrees on with the server.
  std::string Handshake(int newest) const {
    const absl::StatusOr<net::Address> to = net::Address::Parse(admin_->bound_address());
    return TlsConnection(ConnectFrom("127.0.0.1", *to), Named("viewer"), newest).version();
  }
};

// New connections, one after the other, until it is destroyed.
class Caller {
 public:
  using Connect = std::function<std::shared_ptr<grpc::Channel>()>;
  Caller(Connect connect, grpc::Status (*ask)(const std::shared_ptr<grpc::Channel>&))
      : thread_([this, connect = std::move(connect), ask] {
          const std::shared_ptr<grpc::Channel> old = connect();
          while (!stopping_) {
            for (const auto& channel : {old, connect()}) {
              const grpc::Status status = ask(channel);
              if (!status.ok()) ++failed_;
              ++called_;
            }
          }
        }) {}
  ~Caller() { Stop(); }

  int called() const { return called_; }
  int failed() const { return failed_; }
  void Stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::atomic<bool> stopping_ = false;
  std::atomic<int> called_ = 0;
  std::atomic<int> failed_ = 0;
  std::thread thread_;
};

TEST_F(AdminTlsTest, NothingOlderThanTls12) {
  StartTls();
  EXPECT_EQ(Handshake(TLS1_3_VERSION), "TLSv1.3");
  EXPECT_EQ(Handshake(TLS1_2_VERSION), "TLSv1.2");
  EXPECT_EQ(Handshake(TLS1_1_VERSION), "none");
  EXPECT_EQ(Handshake(TLS1_VERSION), "none");
}

TEST_F(AdminTlsTest, TheServerIsTheOneThatTheClientMeans) {
  StartTls();
  const CertificateAuthority other("other CA");
  const KeyPair client = Named("viewer");
  const auto channel = grpc::CreateChannel(
      admin_->bound_address(), grpc::SslCredentials({other.pem(), client.key, client.cert}));
  EXPECT_EQ(Ask(channel).error_code(), grpc::UNAVAILABLE);
}

TEST_F(AdminTlsTest, ChecksItself) {
  admin_options_.self_check = {absl::Milliseconds(5), absl::Seconds(5), 1};
  StartTls();
  channel_ = ConnectAs(Named("viewer"));
  for (int i = 0; i < 50; ++i) ASSERT_EQ(Health(""), "SERVING");
}

TEST_F(AdminTlsTest, StatusShowsUntilWhen) {
  const absl::Time soon = absl::Now() + absl::Hours(24 * 7);
  WriteServerFiles(
      authority_.Issue({.common_name = "greeterd", .names = {"IP:127.0.0.1"}, .not_after = soon}),
      authority_.pem());
  StartTls();
  api::GetStatusResponse response;
  Context context;
  ASSERT_TRUE(api::GreeterAdminService::NewStub(ConnectAs(Named("viewer")))
                  ->GetStatus(&context, {}, &response)
                  .ok());
  EXPECT_EQ(response.status().admin_certificates().server_expires().seconds(),
            absl::ToUnixSeconds(soon));
  EXPECT_GT(response.status().admin_certificates().client_ca_expires().seconds(),
            absl::ToUnixSeconds(soon));
  EXPECT_THAT(Warnings(), Contains(HasSubstr("certificate expires on")));
}

TEST_F(AdminTlsTest, BadFilesAtStartAreRefused) {
  for (const char* name : {"server.pem", "server.key", "ca.pem"}) {
    WriteServerFiles(authority_.IssueForServer(), authority_.pem());
    directory_.Write(name, "hello");
    admin_ = std::make_unique<admin::AdminServer>(
        (controller_ = std::make_unique<control::Controller>(&data_plane_, &store_,
                                                             control::Controller::Options()))
            .get(),
        admin_options_);
    const absl::Status status = admin_->Listen("127.0.0.1:0");
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(directory_.File(name)));
    admin_.reset();
  }
}

// As Kubernetes replaces secrets: a symlink to their directory is swapped.
TEST_F(AdminTlsTest, SymlinkSwap) {
  namespace fs = std::filesystem;
  const auto write = [this](const std::string& directory, const CertificateAuthority& ca) {
    fs::create_directory(directory_.File(directory));
    const KeyPair server = ca.IssueForServer();
    directory_.Write(directory + "/tls.crt", server.cert);
    directory_.Write(directory + "/tls.key", server.key);
    directory_.Write(directory + "/ca.crt", authority_.pem());
  };
  const CertificateAuthority next("next CA");
  write("one", authority_);
  write("two", next);
  fs::create_directory_symlink("one", directory_.File("data"));
  admin_options_.certificates = {directory_.File("data/tls.crt"), directory_.File("data/tls.key"),
                                 directory_.File("data/ca.crt")};
  StartTls();
  ASSERT_TRUE(Ask(ConnectAs(Named("viewer"))).ok());
  fs::create_directory_symlink("two", directory_.File("data.new"));
  fs::rename(directory_.File("data.new"), directory_.File("data"));
  // The client trusts the first CA alone.
  EXPECT_TRUE(WaitFor(
      [&] { return Ask(ConnectAs(Named("viewer"))).error_code() == grpc::UNAVAILABLE; }, kLong));
}

TEST_F(AdminTlsTest, MismatchedThenGoodUnderLoad) {
  StartTls();
  const KeyPair client = Named("viewer");
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 4; ++i) {
    callers.push_back(
        std::make_unique<Caller>([this, client] { return ConnectAs(client); }, &TlsTest::Ask));
  }
  for (int turn = 0; turn < 3; ++turn) {
    const KeyPair next = authority_.IssueForServer();
    // The certificate alone: its key is missing.
    directory_.Write("server.pem", next.cert);
    EXPECT_TRUE(WaitFor(
        [&] {
          const std::vector<std::string> warnings = Warnings();
          return !warnings.empty() &&
                 ::testing::Matches(AllOf(HasSubstr("stay in force"), HasSubstr("is not the key"),
                                          HasSubstr(directory_.File("server.key")),
                                          Not(HasSubstr("-----"))))(warnings.front());
        },
        kLong));
    const int before = callers.front()->called();
    EXPECT_TRUE(WaitFor([&] { return callers.front()->called() > before + 20; }, kLong));
    directory_.Write("server.key", next.key);
    EXPECT_TRUE(WaitFor([&] { return Warnings().empty(); }, kLong));
    const int after = callers.front()->called();
    EXPECT_TRUE(WaitFor([&] { return callers.front()->called() > after + 20; }, kLong));
  }
  for (const auto& caller : callers) {
    caller->Stop();
    EXPECT_EQ(caller->failed(), 0);
    EXPECT_GT(caller->called(), 100);
  }
}

// Each of the files may be bad, or gone, for a while.
TEST_F(AdminTlsTest, WhateverHappensToTheFilesWhatWorksGoesOn) {
  const KeyPair server = authority_.IssueForServer();
  WriteServerFiles(server, authority_.pem());
  StartTls();
  const KeyPair expired = authority_.Issue({.common_name = "greeterd",
                                            .names = {"IP:127.0.0.1"},
                                            .not_after = absl::Now() - absl::Hours(1)});
  const std::vector<std::pair<std::string, std::function<void()>>> faults = {
      {"No such file", [this] { std::filesystem::remove(directory_.File("ca.pem")); }},
      {"is empty", [this] { directory_.Write("server.key", ""); }},
      {"no certificate", [this] { directory_.Write("ca.pem", "hello"); }},
      {"no private key", [this] { directory_.Write("server.key", "hello"); }},
      {"too large", [this] { directory_.Write("server.pem", std::string(2'000'000, 'x')); }},
      {"expired", [&] { WriteServerFiles(expired, authority_.pem()); }},
  };
  for (const auto& [reason, fault] : faults) {
    SCOPED_TRACE(reason);
    fault();
    EXPECT_TRUE(WaitFor(
        [&, wanted = reason] {
          const std::vector<std::string> warnings = Warnings();
          return !warnings.empty() && warnings.front().find(wanted) != std::string::npos;
        },
        kLong));
    WriteServerFiles(server, authority_.pem());
    EXPECT_TRUE(WaitFor([&] { return Warnings().empty(); }, kLong));
  }
}

}  // namespace
}  // namespace greeter::testing
