// The client with TLS, and what it says where only one side speaks it.

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <string>
#include <thread>

#include "fleet/client_fixture.h"
#include "net/address.h"
#include "net/file_descriptor.h"
#include "support/certificates.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kPatienceMilliseconds = 10'000;

// Closes one connection with the client's first words unread, and so resets it (RFC
// 1122, 4.2.2.13).
class ResettingServer {
 public:
  ResettingServer() {
    const net::Address address = *net::Address::Parse(address_);
    EXPECT_EQ(bind(listener_.get(), address.data(), address.size()), 0);
    EXPECT_EQ(listen(listener_.get(), 1), 0);
    thread_ = std::thread([this] {
      AwaitInput(listener_.get());
      const net::FileDescriptor client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      AwaitInput(client.get());
    });
  }
  ~ResettingServer() { thread_.join(); }

  ResettingServer(const ResettingServer&) = delete;
  ResettingServer& operator=(const ResettingServer&) = delete;

  const std::string& address() const { return address_; }

 private:
  static void AwaitInput(int fd) {
    pollfd polled = {fd, POLLIN, 0};
    EXPECT_EQ(poll(&polled, 1, kPatienceMilliseconds), 1);
  }

  const std::string address_ = FreeAddress();
  const net::FileDescriptor listener_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::thread thread_;
};

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
    const ResettingServer server;
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
