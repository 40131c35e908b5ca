// The client with TLS, and what it says where only one side speaks it.

#include <gmock/gmock.h>
#include <poll.h>
#include <unistd.h>

#include <string>

#include "fleet/client_fixture.h"
#include "support/certificates.h"
#include "support/scripted_server.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Closes a connection with the client's first words unread, and so resets it (RFC 1122, 4.2.2.13).
void Reset(int fd) {
  pollfd polled = {fd, POLLIN, 0};
  EXPECT_EQ(poll(&polled, 1, 10'000), 1);
  close(fd);
}

class EtcdTlsTest : public EtcdClientTest {
 protected:
  const CertificateAuthority ca_{"etcd's CA"};
  const CertificateAuthority other_ca_{"another CA"};
  const KeyPair server_ = ca_.IssueForServer();
  const KeyPair client_ = ca_.Issue({.common_name = "greeterd"});
  const KeyPair stranger_ = other_ca_.Issue({.common_name = "stranger"});
  Etcd etcd_{{.tls = {WriteFile("ca.pem", ca_.pem()), WriteFile("cert.pem", server_.cert),
                      WriteFile("key.pem", server_.key)},
              .host = "127.0.0.1"}};

  etcd::Options Bringing(const CertificateAuthority& ca, const KeyPair& pair) {
    return {.endpoints = {etcd_.address()},
            .tls = tls::ClientTls{{}, ca.pem(), pair.cert, pair.key}};
  }
};

TEST_F(EtcdTlsTest, SpeaksMutualTls) {
  etcd::Client client(Bringing(ca_, client_));
  const auto value = Get(client);
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(*value, "nothing");
}

TEST_F(EtcdTlsTest, TrustsNoOtherCa) {
  etcd::Client client(Bringing(other_ca_, client_));
  const absl::Status status = client.Txn(PutIfNew("one")).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(etcd_.address()), HasSubstr("certificate verify failed")));
}

TEST_F(EtcdTlsTest, IsToldThatEtcdTrustsNoOtherCa) {
  etcd::Client client(Bringing(ca_, stranger_));
  const absl::Status status = Get(client).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(etcd_.address()));
}

TEST_F(EtcdTlsTest, PlaintextIsNoWayIn) {
  etcd::Client client({.endpoints = {etcd_.address()}});
  const absl::Status status = Get(client).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("does etcd want TLS there?"));
}

TEST_F(EtcdTlsTest, SaysWhichRoleTheCertificatesUserLacks) {
  etcd_.EnableAuth();
  etcd::Client client(Bringing(ca_, client_));
  const absl::Status status = Get(client).status();
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("the user whom --etcd-cert names needs"));
}

TEST_F(EtcdTlsTest, SaysThatEtcdSpeaksPlaintext) {
  const Etcd plain;
  etcd::Options options = Bringing(ca_, client_);
  options.endpoints = {plain.address()};
  etcd::Client client(options);
  const absl::Status status = Get(client).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("does etcd speak TLS there?"));
}

// Who hangs up on words that it does not understand leaves it to chance whether that is a reset.
TEST_F(EtcdTlsTest, SaysTheSameWhenItIsReset) {
  const auto told = [](etcd::Options options) {
    const ScriptedServer server(Reset);
    options.endpoints = {server.address()};
    etcd::Client client(options);
    return std::string(Get(client).status().message());
  };
  const auto reset = HasSubstr("Connection reset by peer");
  EXPECT_THAT(told(Bringing(ca_, client_)), AllOf(reset, HasSubstr("does etcd speak TLS there?")));
  EXPECT_THAT(told({}), AllOf(reset, HasSubstr("does etcd want TLS there?")));
}

}  // namespace
}  // namespace greeter::testing
