// greeterctl fleet init: what a greeterd has becomes what a fleet begins with.

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "fleet/fleet_fixture.h"
#include "fleet/tcp_proxy.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "support/certificates.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// More than fit into one transaction.
constexpr int kMany = 150;

class FleetInitTest : public FleetTest {
 protected:
  // Of what `greeter` has, at this address of etcd.
  Finished Init(const Greeter& greeter, const std::string& etcd,
                std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"--server", greeter.admin(), "fleet",  "init",
                                          "--fleet",  kFleet,          "--etcd", etcd};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Ctl(std::move(arguments));
  }

  std::string ConfigFile() const {
    return WriteFile("greeter.yaml",
                     "listeners:\n- name: default\n  address: 127.0.1.1:0\n"
                     "  greeting: {text: from the file}\n");
  }

  static bool HasSameHistory(Greeter& one, Greeter& other) {
    return google::protobuf::util::MessageDifferencer::Equals(RevisionsOf(one), RevisionsOf(other));
  }
};

TEST_F(FleetInitTest, TheHistoryOfAGreeterdThatServesOnBeginsAFleet) {
  const Etcd etcd;
  const std::string file = ConfigFile();
  Greeter& alone = StartGreeter({"--state-dir", Path("alone"), "--config", file});
  for (int i = 2; i <= kMany; ++i) ASSERT_TRUE(SetMessage(alone, absl::StrCat("m", i)).ok());
  const Finished init = Init(alone, etcd.address());
  EXPECT_EQ(init.code, 0) << init;
  EXPECT_EQ(init.out, "The fleet web begins with revision 150, and 149 before it.\n");
  EXPECT_TRUE(Says(alone, "m150"));
  // The file was applied before, so what was changed since stays.
  for (const char* state : {"one", "other"}) {
    Greeter& replica = Join(etcd.address(), state, {"--config", file});
    EXPECT_TRUE(Says(replica, "m150"));
    EXPECT_TRUE(HasSameHistory(replica, alone));
    EXPECT_EQ(StatusOf(replica).config_file().revision(), 1U);
  }
  alone.Stop();
  Greeter& joined = Join(etcd.address(), "alone");
  EXPECT_TRUE(Says(joined, "m150"));
  ASSERT_TRUE(SetMessage(joined, "as one of them").ok());
  EXPECT_THAT(joined.log(), Not(HasSubstr("is kept in")));
}

TEST_F(FleetInitTest, TheAppliedConfigFileIsKnownThoughItIsNotGivenAnyMore) {
  const std::string file = ConfigFile();
  Greeter& before = StartGreeter({"--state-dir", Path("alone"), "--config", file});
  ASSERT_TRUE(SetMessage(before, "changed since").ok());
  before.Stop();
  Greeter& alone = StartGreeter({"--state-dir", Path("alone")});
  const Etcd etcd;
  ASSERT_EQ(Init(alone, etcd.address()).code, 0);
  EXPECT_TRUE(Says(Join(etcd.address(), "", {"--config", file}), "changed since"));
}

TEST_F(FleetInitTest, WhatIsLeftOfOneThatWasKilledDoesNotCount) {
  const Etcd etcd;
  Greeter& alone = StartGreeter();
  for (int i = 2; i <= 5; ++i) ASSERT_TRUE(SetMessage(alone, absl::StrCat("m", i)).ok());
  TcpProxy network(etcd.address());
  network.MuteWhoSends("m4");
  Process init(CtlCommand({"fleet", "init", "--fleet", kFleet, "--etcd", network.address()}));
  // It has carried what comes before the newest, and waits for the answer.
  EXPECT_TRUE(WaitUntil([&] {
    return absl::StrContains(etcd.Ctl({"get", "--prefix", "/greeter/web/revisions/"}), "m4");
  }));
  init.Signal(SIGKILL);
  init.Wait();
  Greeter& first = Join(etcd.address());
  EXPECT_THAT(History(first), ElementsAre(1));
  EXPECT_EQ(Init(alone, etcd.address()).code, 1);
}

TEST_F(FleetInitTest, OnceMoreChangesNothingAndAnotherHistoryIsRefused) {
  const Etcd etcd;
  Greeter& alone = StartGreeter();
  ASSERT_TRUE(SetMessage(alone, "first").ok());
  ASSERT_EQ(Init(alone, etcd.address()).code, 0);
  const int64_t before = etcd.Revision();
  const Finished again = Init(alone, etcd.address());
  EXPECT_EQ(again.code, 0) << again;
  EXPECT_THAT(again.out, HasSubstr("at this greeterd's revision 2 already; nothing has changed"));
  ASSERT_TRUE(SetMessage(alone, "second").ok());
  const Finished other = Init(alone, etcd.address());
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(
      other.err,
      AllOf(HasSubstr("the fleet web has begun already, and is at revision 2 (set message "),
            HasSubstr("config apply")));
  EXPECT_EQ(etcd.Revision(), before);
}

TEST_F(FleetInitTest, AFleetMovesToAnotherEtcd) {
  const Etcd etcd;
  Greeter& replica = Join(etcd.address());
  ASSERT_TRUE(SetMessage(replica, "moves").ok());
  const Etcd other;
  ASSERT_EQ(Init(replica, other.address()).code, 0);
  Greeter& moved = Join(other.address());
  EXPECT_TRUE(Says(moved, "moves"));
  EXPECT_TRUE(HasSameHistory(moved, replica));
}

TEST_F(FleetInitTest, WhatIsTooLargeForEtcdIsLeftOutOrRefused) {
  const Etcd etcd;
  Greeter& alone = StartGreeter();
  std::string config = "listeners:\n";
  for (int i = 0; i < 20; ++i) {
    absl::StrAppend(&config, "- {name: l", i, ", address: '127.0.1.1:0', greeting: {text: '",
                    std::string(50'000, 'x'), "'}}\n");
  }
  ASSERT_EQ(Ctl({"config", "apply", "-f", WriteFile("large.yaml", config)}).code, 0);
  const Finished refused = Init(alone, etcd.address());
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("the Config is too large for a fleet: it takes 977 KiB"));
  EXPECT_EQ(etcd.Ctl({"get", "--prefix", "/greeter/"}), "");
  ASSERT_EQ(Ctl({"rollback", "1"}).code, 0);
  const Finished init = Init(alone, etcd.address());
  EXPECT_EQ(init.code, 0) << init;
  EXPECT_EQ(init.out, "The fleet web begins with revision 3, and 1 before it.\n");
  EXPECT_EQ(init.err, "greeterctl: left out, revision 2: too large for etcd, with 977 KiB\n");
}

TEST_F(FleetInitTest, WhatTheFleetHasIsLeftAloneEvenIfItCannotBeRead) {
  const Etcd etcd;
  etcd.Ctl({"put", "/greeter/web/config", "garbage"});
  const Finished init = Init(StartGreeter(), etcd.address());
  EXPECT_EQ(init.code, 1);
  EXPECT_THAT(init.err, HasSubstr("/greeter/web/config"));
  EXPECT_EQ(etcd.Ctl({"get", "/greeter/web/config"}), "/greeter/web/config\ngarbage\n");
}

TEST_F(FleetInitTest, AnEtcdThatCannotBeReachedOrRefusesIsSaid) {
  Greeter& alone = StartGreeter();
  const std::string nowhere = FreeAddress();
  const Finished unreachable = Init(alone, nowhere);
  EXPECT_EQ(unreachable.code, 3);
  EXPECT_THAT(unreachable.err, HasSubstr("etcd can't be reached: tried " + nowhere));
  Etcd etcd;
  etcd.EnableAuth();
  const std::string wrong = WriteFile("wrong", "guess\n");
  const Finished refused =
      Init(alone, etcd.address(), {"--etcd-user", "greeter", "--etcd-password-file", wrong});
  EXPECT_EQ(refused.code, 6) << refused;
  EXPECT_THAT(refused.err, HasSubstr("the user greeter or the password in " + wrong));
  const std::string right = WriteFile("right", "secret\n");
  const Finished init =
      Init(alone, etcd.address(), {"--etcd-user", "greeter", "--etcd-password-file", right});
  EXPECT_EQ(init.code, 0) << init;
}

TEST_F(FleetInitTest, AnAddressThatIsNoEtcdsIsSaid) {
  Greeter& alone = StartGreeter({"--http", "127.0.0.1:0"});
  const std::string page = absl::StrReplaceAll(alone.page(), {{"http://", ""}, {"/", ""}});
  for (const std::string& address : {alone.admin(), page, alone.address()}) {
    const Finished init = Init(alone, address, {"--timeout", "2s"});
    EXPECT_NE(init.code, 0) << init;
    EXPECT_THAT(init.err, AllOf(HasSubstr(address), HasSubstr("is that an etcd")));
  }
}

TEST_F(FleetInitTest, SpeaksMutualTlsWithEtcd) {
  const CertificateAuthority authority("etcd's CA");
  const KeyPair server = authority.IssueForServer();
  const KeyPair client = authority.Issue({.common_name = "greeter"});
  const std::string ca = WriteFile("ca.pem", authority.pem());
  const Etcd etcd(
      {.tls = {ca, WriteFile("server.pem", server.cert), WriteFile("server-key.pem", server.key)},
       .host = "127.0.0.1"});
  Greeter& alone = StartGreeter();
  const std::vector<std::string> identity = {"--etcd-cert", WriteFile("client.pem", client.cert),
                                             "--etcd-key", WriteFile("client-key.pem", client.key)};
  const auto with_ca = [&](const std::string& file) {
    std::vector<std::string> options = {"--etcd-ca", file};
    options.insert(options.end(), identity.begin(), identity.end());
    return options;
  };
  const CertificateAuthority stranger("another CA");
  const Finished refused =
      Init(alone, etcd.address(), with_ca(WriteFile("other.pem", stranger.pem())));
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("certificate verify failed"));
  const std::string localhost = absl::StrReplaceAll(etcd.address(), {{"127.0.0.1", "localhost"}});
  const Finished init = Init(alone, localhost, with_ca(ca));
  EXPECT_EQ(init.code, 0) << init;
}

}  // namespace
}  // namespace greeter::testing
