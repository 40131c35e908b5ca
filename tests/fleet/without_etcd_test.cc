// Without etcd, with one that is silent, and with one that does not let us in.

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fleet/fleet_fixture.h"
#include "fleet/tcp_proxy.h"
#include "gmock/gmock.h"
#include "support/certificates.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Where nobody listens.
constexpr char kNobody[] = "127.0.0.1:1";

class WithoutEtcdTest : public FleetTest {
 protected:
  // Serves nothing, is not ready, and says why.
  static void ExpectNothing(Greeter& greeter, const std::string& why) {
    const api::ServerStatus status = StatusOf(greeter);
    EXPECT_TRUE(status.fleet().stale());
    EXPECT_THAT(status.fleet().problem(), HasSubstr(why));
    EXPECT_EQ(status.listeners_size(), 0);
    EXPECT_FALSE(IsReady(greeter));
    EXPECT_EQ(greeter.Health(""), "SERVING") << "it is alive all the same";
  }
};

TEST_F(WithoutEtcdTest, WithoutACopyItServesNothingUntilEtcdIsThere) {
  const Etcd etcd;
  TcpProxy network(etcd.address());
  network.Cut();
  Greeter& greeter = Join(network.address());
  ExpectNothing(greeter, network.address());
  const absl::Status refused = SetMessage(greeter, "mine");
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr(network.address()));
  network.Mend();
  EXPECT_TRUE(Says(greeter, "Hello world"));
  EXPECT_TRUE(IsReady(greeter));
  EXPECT_TRUE(SetMessage(greeter, "mine").ok());
}

TEST_F(WithoutEtcdTest, ARestartBootsFromTheCopyMarkedStale) {
  const Etcd etcd;
  TcpProxy network(etcd.address());
  Greeter& before = Join(network.address(), "state");
  ASSERT_TRUE(SetMessage(before, "copied").ok());
  before.Stop();
  network.Cut();
  Greeter& greeter = Join(network.address(), "state", {"--http", "127.0.0.1:0"});
  EXPECT_TRUE(Says(greeter, "copied"));
  EXPECT_TRUE(IsReady(greeter));
  const api::ServerStatus status = StatusOf(greeter);
  EXPECT_TRUE(status.fleet().stale());
  EXPECT_THAT(status.warnings(0), AllOf(HasSubstr("can't be heard"), HasSubstr("revision 2")));
  EXPECT_THAT(RunProgram({{"curl", "-s", absl::StrCat(greeter.page(), "metrics")}}).out,
              HasSubstr("greeter_fleet_stale 1"));
  EXPECT_TRUE(absl::IsUnavailable(SetMessage(greeter, "mine")));
  Greeter& other = Join(etcd.address());
  ASSERT_TRUE(SetMessage(other, "newer").ok());
  network.Mend();
  EXPECT_TRUE(Says(greeter, "newer"));
  EXPECT_FALSE(StatusOf(greeter).fleet().stale());
}

TEST_F(WithoutEtcdTest, ASilentEtcdIsNoticedAndNothingElseWaitsLong) {
  Etcd etcd;
  Greeter& greeter = Join(etcd.address());
  ASSERT_TRUE(Says(greeter, "Hello world"));
  etcd.Pause();
  const absl::Time begin = absl::Now();
  const absl::Status unknown = SetMessage(greeter, "mine");
  EXPECT_TRUE(absl::IsDeadlineExceeded(unknown) || absl::IsUnavailable(unknown)) << unknown;
  EXPECT_THAT(std::string(unknown.message()), HasSubstr(etcd.address()));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(20));
  EXPECT_TRUE(Says(greeter, "Hello world"));
  EXPECT_TRUE(WaitUntil([&] { return StatusOf(greeter).fleet().stale(); }));
  EXPECT_TRUE(IsReady(greeter));
  etcd.Resume();
  EXPECT_TRUE(WaitUntil([&] { return !StatusOf(greeter).fleet().stale(); }));
  EXPECT_TRUE(WaitUntil([&] { return SetMessage(greeter, "again").ok(); }));
  EXPECT_TRUE(Says(greeter, "again"));
}

TEST_F(WithoutEtcdTest, StopsAtOnceThoughEtcdIsSilent) {
  Etcd etcd;
  Greeter& greeter = Join(etcd.address());
  etcd.Pause();
  const Finished finished = greeter.Stop();
  EXPECT_EQ(finished.code, 0) << finished;
  EXPECT_LT(finished.took, absl::Seconds(5));
}

TEST_F(WithoutEtcdTest, SaysWhereNobodyListens) {
  ExpectNothing(Join(absl::StrCat(kNobody, ",localhost:2")), absl::StrCat(kNobody, " ("));
}

TEST_F(WithoutEtcdTest, SpeaksAsAUserAndSaysThatAPasswordIsWrong) {
  Etcd etcd;
  etcd.EnableAuth();
  const auto as = [&](const std::string& password) {
    return std::vector<std::string>{"--etcd-user", "greeter", "--etcd-password-file",
                                    WriteFile(password, password + "\n")};
  };
  EXPECT_TRUE(Says(Join(etcd.address(), "", as("secret")), "Hello world"));
  ExpectNothing(Join(etcd.address(), "", as("guessed")), "guessed is not right");
  ExpectNothing(Join(etcd.address()), "asks for a user");
}

TEST_F(WithoutEtcdTest, WhatEtcdDoesNotPermitItIsNoRefusalOfTheCaller) {
  Etcd etcd;
  etcd.EnableAuth();
  Greeter& greeter =
      Join(etcd.address(), "",
           {"--etcd-user", "greeter", "--etcd-password-file", WriteFile("secret", "secret\n")});
  ASSERT_TRUE(Says(greeter, "Hello world"));
  etcd.Ctl({"role", "grant-permission", "greeter", "--prefix=true", "read", "/greeter/"});
  const absl::Status refused = SetMessage(greeter, "mine");
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("the user greeter needs a role"));
  EXPECT_TRUE(Says(greeter, "Hello world"));
  etcd.Ctl({"role", "grant-permission", "greeter", "--prefix=true", "readwrite", "/greeter/"});
  EXPECT_TRUE(WaitUntil([&] { return SetMessage(greeter, "mine").ok(); }));
  EXPECT_TRUE(Says(greeter, "mine"));
}

TEST_F(WithoutEtcdTest, SpeaksMutualTlsAndTrustsNoOtherCa) {
  const CertificateAuthority ca("etcd's CA");
  const CertificateAuthority other("another CA");
  const KeyPair server = ca.IssueForServer();
  const KeyPair client = ca.Issue({.common_name = "greeterd"});
  const std::string ca_file = WriteFile("ca.pem", ca.pem());
  const Etcd etcd(
      {.tls = {ca_file, WriteFile("server.pem", server.cert), WriteFile("server.key", server.key)},
       .host = "127.0.0.1"});
  const std::string cert = WriteFile("client.pem", client.cert);
  const std::string key = WriteFile("client.key", client.key);
  EXPECT_TRUE(
      Says(Join(etcd.address(), "", {"--etcd-ca", ca_file, "--etcd-cert", cert, "--etcd-key", key}),
           "Hello world"));
  ExpectNothing(Join(etcd.address(), "",
                     {"--etcd-ca", WriteFile("other.pem", other.pem()), "--etcd-cert", cert,
                      "--etcd-key", key}),
                "certificate verify failed");
  ExpectNothing(Join(etcd.address(), "", {"--etcd-ca", ca_file}), etcd.address());
  ExpectNothing(Join(etcd.address()), "does etcd want TLS there?");
}

TEST_F(WithoutEtcdTest, RefusesOptionsThatDoNotGoTogether) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes = {
      {{"--fleet", "web"}, "--fleet: needs --etcd"},
      {{"--etcd", kNobody}, "--etcd: needs --fleet"},
      {{"--fleet", "Web_1", "--etcd", kNobody}, "\"Web_1\" is no DNS label"},
      {{"--fleet", "web", "--etcd", "http://a:1"}, "write host:port"},
      {{"--fleet", "web", "--etcd", "a:1,,b:2"}, "\"\" is no address"},
      {{"--fleet", "web", "--etcd", "a:1", "--etcd-cert", "c"}, "--etcd-key is missing"},
      {{"--fleet", "web", "--etcd", "a:1", "--etcd-cert", "c", "--etcd-key", "k"},
       "--etcd-ca is missing"},
      {{"--fleet", "web", "--etcd", "a:1", "--etcd-user", "u"}, "--etcd-password-file is missing"},
      {{"--etcd-user", "u"}, "without --fleet"},
  };
  for (const auto& [options, text] : mistakes) {
    const Finished finished = RunGreeter(options);
    EXPECT_EQ(finished.code, 2) << finished;
    EXPECT_THAT(finished.err, HasSubstr(text));
  }
  const Finished unreadable =
      RunGreeter({"--state-dir", "none", "--fleet", "web", "--etcd", kNobody, "--etcd-ca", "/no"});
  EXPECT_EQ(unreadable.code, 1) << unreadable;
  EXPECT_THAT(unreadable.err, HasSubstr("--etcd-ca: /no can't be read"));
}

}  // namespace
}  // namespace greeter::testing
