// Promise 11: closed by default, also later: what a connection of the admin port was let in for
// counts for as long as it is true.

#include <chrono>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "net/address.h"
#include "support/wait_for.h"
#include "tls/openssl.h"
#include "tls_connection.h"
#include "tls_fixture.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::SizeIs;

constexpr char kSetMessage[] = "/greeter.admin.v1.GreeterAdminService/SetMessage";
constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";

// A WatchStatus stream that looks only once an hour.
class Watch {
 public:
  explicit Watch(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(api::GreeterAdminService::NewStub(channel)) {
    api::WatchStatusRequest request;
    request.mutable_min_interval()->set_seconds(3600);
    reader_ = stub_->WatchStatus(&context_, request);
  }

  bool Read() {
    api::WatchStatusResponse response;
    return reader_->Read(&response);
  }
  // With what the server ends it.
  grpc::Status WaitForEnd() {
    while (Read()) {
    }
    return reader_->Finish();
  }

 private:
  Context context_;
  const std::unique_ptr<api::GreeterAdminService::Stub> stub_;
  std::unique_ptr<grpc::ClientReader<api::WatchStatusResponse>> reader_;
};

class AdminConnectionsTest : public TlsTest {
 protected:
  net::Address address() const { return *net::Address::Parse(admin_->bound_address()); }

  // Every kind of call on `channel`, and `watch`, is refused with `why`; nothing changes.
  void ExpectOut(const std::shared_ptr<grpc::Channel>& channel, Watch& watch,
                 const std::string& why) {
    for (const std::string& method : {std::string(kSetMessage), std::string(kHealthCheck)}) {
      const grpc::Status status = Outcome(channel, method);
      EXPECT_EQ(status.error_code(), grpc::UNAUTHENTICATED) << method;
      EXPECT_THAT(status.error_message(), HasSubstr(why));
      EXPECT_EQ(denials_.all().back().method, method);
      EXPECT_EQ(denials_.all().back().author, "operator");
      EXPECT_EQ(denials_.all().back().reason, status.error_message());
    }
    const grpc::Status end = watch.WaitForEnd();
    EXPECT_EQ(end.error_code(), grpc::UNAUTHENTICATED) << end.error_message();
    EXPECT_THAT(end.error_message(), HasSubstr(why));
    EXPECT_EQ(controller_->snapshot()->revision.number(), 1U);
  }

  // Whether a second connection could resume where the first was (RFC 8446, 2.2).
  bool Resumes(int version) const {
    const KeyPair client = Named("viewer");
    TlsConnection first(ConnectFrom("127.0.0.1", address()), client, version);
    EXPECT_NE(first.Receive(), "");
    TlsConnection second(ConnectFrom("127.0.0.1", address()), client, version, &first);
    EXPECT_NE(second.Receive(), "");
    return second.resumed();
  }
};

TEST_F(AdminConnectionsTest, ACertificateExpires) {
  StartTls();
  const auto channel = ConnectAs(
      authority_.Issue({.common_name = "operator", .not_after = absl::Now() + absl::Seconds(4)}));
  ASSERT_TRUE(Ask(channel).ok());
  ASSERT_TRUE(Outcome(channel, kHealthCheck).ok());
  Watch watch(channel);
  ASSERT_TRUE(watch.Read());
  ASSERT_TRUE(WaitFor([&] { return Ask(channel).error_code() == grpc::UNAUTHENTICATED; },
                      absl::Seconds(20)));
  ExpectOut(channel, watch, "your certificate has expired on");
}

TEST_F(AdminConnectionsTest, AClientCaIsRemoved) {
  StartTls();
  const auto old = ConnectAs(Named("operator"));
  ASSERT_TRUE(Ask(old).ok());
  Watch watch(old);
  ASSERT_TRUE(watch.Read());
  const CertificateAuthority next("next CA");
  const auto with_next = [&] { return Ask(ConnectAs(next.Issue({.common_name = "viewer"}))); };
  ASSERT_EQ(with_next().error_code(), grpc::UNAVAILABLE);

  // One more changes nothing for those of the first.
  directory_.Write("ca.pem", authority_.pem() + next.pem());
  ASSERT_TRUE(WaitFor([&] { return with_next().ok(); }));
  EXPECT_TRUE(Ask(old).ok());

  directory_.Write("ca.pem", next.pem());
  ASSERT_TRUE(WaitFor([&] { return Ask(old).error_code() == grpc::UNAUTHENTICATED; }));
  ExpectOut(old, watch, "leads to none of the client CAs");
  EXPECT_EQ(Ask(ConnectAs(Named("viewer"))).error_code(), grpc::UNAVAILABLE);
  EXPECT_TRUE(with_next().ok());
}

// The chain that the client has shown leads to the CA, not its certificate alone.
TEST_F(AdminConnectionsTest, ByAnIntermediateCa) {
  StartTls();
  const CertificateAuthority between("between", authority_);
  KeyPair client = between.Issue({.common_name = "viewer"});
  client.cert += between.pem();
  const auto channel = ConnectAs(client);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(Ask(channel).ok());
  directory_.Write("ca.pem", CertificateAuthority("next CA").pem());
  EXPECT_TRUE(WaitFor([&] { return Ask(channel).error_code() == grpc::UNAUTHENTICATED; }));
}

TEST_F(AdminConnectionsTest, NoSessionIsResumed) {
  StartTls();
  EXPECT_FALSE(Resumes(TLS1_3_VERSION));
  EXPECT_FALSE(Resumes(TLS1_2_VERSION));
}

// So that a client shows the certificate that it has by now.
TEST_F(AdminConnectionsTest, EndsWithAge) {
  admin_options_.max_connection_age = absl::Seconds(1);
  StartTls();
  const auto channel = ConnectAs(Named("viewer"));
  ASSERT_TRUE(Ask(channel).ok());
  EXPECT_TRUE(channel->WaitForStateChange(GRPC_CHANNEL_READY,
                                          std::chrono::system_clock::now() + kPatience));
  EXPECT_TRUE(Ask(channel).ok());
}

TEST_F(AdminConnectionsTest, AFloodOfStrangersIsCounted) {
  constexpr int kStrangers = 60;
  admin_options_.refused_handshakes = {refused_handshakes_.Audit(), /*burst=*/3,
                                       absl::Milliseconds(500)};
  admin_options_.self_check.interval = absl::Milliseconds(20);
  StartTls();
  const KeyPair stranger = CertificateAuthority("another CA").Issue({.common_name = "operator"});
  for (int i = 0; i < kStrangers; ++i) {
    TlsConnection(ConnectFrom("127.0.0.1", address()), stranger);
  }
  EXPECT_TRUE(Ask(ConnectAs(Named("viewer"))).ok());
  const auto count = [this] {
    uint64_t all = 0;
    for (const auto& record : refused_handshakes_.all()) all += 1 + record.others;
    return all;
  };
  EXPECT_TRUE(WaitFor([&] { return count() == kStrangers; }));
  EXPECT_THAT(refused_handshakes_.all(), SizeIs(Lt(size_t{kStrangers})));
}

}  // namespace
}  // namespace greeter::testing
