// greeterctl and certificates: what lets it in, and what it says when one does not.

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "integration/admin_cli_fixture.h"

namespace greeter::testing {
namespace {

using ::testing::HasSubstr;

// How the server asks for certificates; greeterd does it by gRPC's newer API.
enum class Api { kSsl, kTls };

std::shared_ptr<grpc::ServerCredentials> MutualTls(Api api, const KeyPair& own,
                                                   const std::string& client_ca) {
  if (api == Api::kSsl) {
    grpc::SslServerCredentialsOptions options(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = client_ca;
    options.pem_key_cert_pairs.push_back({own.key, own.cert});
    return grpc::SslServerCredentials(options);
  }
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<grpc::experimental::StaticDataCertificateProvider>(
          client_ca, std::vector<grpc::experimental::IdentityKeyCertPair>{{own.key, own.cert}}));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

class CertificatesTest : public AdminCliTest, public ::testing::WithParamInterface<Api> {
 protected:
  FakeAdminService& StartServer(const Subject& subject, const std::string& host = "127.0.0.1") {
    server_ = std::make_unique<FakeAdminService>(
        MutualTls(GetParam(), ca_.Issue(subject), ca_.pem()), host);
    return *server_;
  }
  FakeAdminService& StartServer() { return StartServer(kServer); }

  // greeterctl with the right CA and these options.
  Finished Call(const std::vector<std::string>& options) {
    return Greeterctl(To(*server_, ca_.pem(), options));
  }

  const Subject kServer = {"greeterd", {"DNS:localhost", "IP:127.0.0.1", "IP:::1"}};
  CertificateAuthority ca_{"the CA"};
  const KeyPair operator_ = ca_.Issue({"operator"});
  std::unique_ptr<FakeAdminService> server_;
};

INSTANTIATE_TEST_SUITE_P(, CertificatesTest, ::testing::Values(Api::kSsl, Api::kTls),
                         [](const auto& test) { return test.param == Api::kSsl ? "Ssl" : "Tls"; });

TEST_P(CertificatesTest, TheRightOnesLetItIn) {
  StartServer().status_response.mutable_status()->set_server_id("the server");
  const Finished called = Call(As(operator_));
  EXPECT_EQ(called.code, 0) << called;
  EXPECT_EQ(called.err, "");
  EXPECT_THAT(called.out, HasSubstr("the server"));
  const Finished by_name = Greeterctl({"--server", absl::StrCat("localhost:", server_->port())},
                                      {{"GREETER_CA", Path("ca.pem")},
                                       {"GREETER_CERT", Path("me.pem")},
                                       {"GREETER_KEY", Path("me-key.pem")}});
  EXPECT_EQ(by_name.code, 0) << by_name;
}

TEST_P(CertificatesTest, IPv6AddressesAreNamesToo) {
  StartServer(kServer, "[::1]");
  const Finished called = Call(As(operator_));
  EXPECT_EQ(called.code, 0) << called;
}

TEST_P(CertificatesTest, PlaintextToATlsServer) {
  StartServer();
  ExpectRefused(Greeterctl({"--server", server_->address()}), kUnreachable,
                {server_->address(), "wants TLS", "--ca", "GREETER_CA"});
}

TEST_P(CertificatesTest, ServerOfAnotherCa) {
  StartServer();
  const CertificateAuthority other("another CA");
  ExpectRefused(Greeterctl(To(*server_, other.pem(), As(operator_))), kUnreachable,
                {server_->address(), "signed by another CA", "CN=the CA", Path("ca.pem")});
  const CertificateAuthority namesake("the CA");
  ExpectRefused(Greeterctl(To(*server_, namesake.pem(), As(operator_))), kUnreachable,
                {"signed by another CA", "CN=the CA", "--ca"});
}

TEST_P(CertificatesTest, ServersCertificateHasExpired) {
  Subject subject = kServer;
  subject.not_before = absl::FromCivil(absl::CivilDay(2001, 1, 2), absl::UTCTimeZone());
  subject.not_after = absl::FromCivil(absl::CivilDay(2002, 3, 4), absl::UTCTimeZone());
  StartServer(subject);
  ExpectRefused(Call(As(operator_)), kUnreachable,
                {server_->address(), "has expired", "CN=greeterd", "2002-03-04 00:00:00 UTC",
                 "--admin-cert"});
}

TEST_P(CertificatesTest, ServersCertificateIsNotYetValid) {
  Subject subject = kServer;
  subject.not_before = absl::Now() + absl::Hours(1);
  subject.not_after = absl::Now() + absl::Hours(2);
  StartServer(subject);
  ExpectRefused(Call(As(operator_)), kUnreachable, {"not yet valid", "clock"});
}

TEST_P(CertificatesTest, ServersCertificateIsForOtherNames) {
  StartServer({"greeterd", {"DNS:db1", "DNS:db1.example.org", "IP:192.0.2.1"}});
  ExpectRefused(Call(As(operator_)), kUnreachable,
                {"not for \"127.0.0.1\"", "db1, db1.example.org, 192.0.2.1", "--server-name"});
  std::vector<std::string> options = As(operator_);
  options.insert(options.end(), {"--server-name", "db1.example.org"});
  EXPECT_EQ(Call(options).code, 0);
  options.back() = "db2";
  ExpectRefused(Call(options), kUnreachable, {"not for \"db2\"", "but for db1,"});
}

// Whoever answers there has made it, and it goes to a terminal.
TEST_P(CertificatesTest, NamesOfAStrangerAreNoControlCharacters) {
  StartServer({"greeterd", {"DNS:\x1b[2Jdb1"}});
  ExpectRefused(Call(As(operator_)), kUnreachable, {"but for \\x1B[2Jdb1;"});
}

TEST_P(CertificatesTest, ServersCertificateHasNoNames) {
  StartServer({"greeterd"});
  ExpectRefused(Call(As(operator_)), kUnreachable,
                {"not for \"127.0.0.1\"", "CN=greeterd", "without any DNS name", "--admin-cert"});
}

TEST_P(CertificatesTest, NoClientCertificate) {
  StartServer();
  ExpectRefused(Call({}), kNotPermitted,
                {server_->address(), "asks who you are", "--cert", "GREETER_KEY"});
}

TEST_P(CertificatesTest, ClientCertificateOfAnotherCa) {
  StartServer();
  const CertificateAuthority other("another CA");
  ExpectRefused(Call(As(other.Issue({"operator"}))), kNotPermitted,
                {"refuses your certificate", Path("me.pem"), "CN=another CA", "CN=the CA"});
  const CertificateAuthority namesake("the CA");
  ExpectRefused(Call(As(namesake.Issue({"operator"}))), kNotPermitted,
                {"refuses your certificate", Path("me.pem"), "--admin-client-ca"});
}

TEST_P(CertificatesTest, ClientCertificateOutsideItsDates) {
  StartServer();
  const absl::Time now = absl::Now();
  ExpectRefused(Call(As(ca_.Issue({"operator", {}, now - absl::Hours(2), now - absl::Hours(1)}))),
                kNotPermitted, {"refuses your certificate", Path("me.pem"), "has expired"});
  ExpectRefused(Call(As(ca_.Issue({"operator", {}, now + absl::Hours(1), now + absl::Hours(2)}))),
                kNotPermitted, {"refuses your certificate", "not yet valid", "clock"});
}

TEST_P(CertificatesTest, TheServersOwnWordsWhenItRefuses) {
  StartServer().status = {grpc::StatusCode::PERMISSION_DENIED, "\"viewer\" may not SetMessage"};
  ExpectRefused(Call(As(operator_)), kNotPermitted,
                {"not permitted: \"viewer\" may not SetMessage"});
  server_->status = {grpc::StatusCode::UNAUTHENTICATED, "no identity"};
  ExpectRefused(Call(As(operator_)), kNotPermitted, {"who you are: no identity"});
}

TEST_P(CertificatesTest, WatchSaysTheSame) {
  StartServer();
  ExpectRefused(Call({"--watch"}), kNotPermitted, {"asks who you are"});
}

}  // namespace
}  // namespace greeter::testing
