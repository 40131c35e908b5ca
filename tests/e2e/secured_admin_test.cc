// Promise 11: closed by default. The real programs with mutual TLS: who may do what, who is said to
// have done it, and what nobody gets to read.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "e2e/greeter_fixture.h"
#include "gmock/gmock.h"
#include "support/certificates.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kNotPermitted = 6;

class SecuredAdminTest : public GreeterTest {
 protected:
  SecuredAdminTest() {
    WriteFile("ca.pem", authority_.pem());
    for (const char* name : {"viewer", "operator", "nobody"}) {
      WriteKeyPair(name, authority_.Issue({.common_name = name}));
    }
    WriteKeyPair("server", authority_.IssueForServer());
  }

  void WriteKeyPair(const std::string& name, const KeyPair& pair) const {
    WriteFile(name + ".pem", pair.cert);
    WriteFile(name + ".key", pair.key);
  }

  Greeter& StartSecured(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--admin-cert", Path("server.pem"), "--admin-key", Path("server.key"),
                             "--admin-client-ca", Path("ca.pem"), "--admin-operator", "operator",
                             "--admin-viewer", "viewer"});
    return StartGreeter(more);
  }

  Finished CtlAs(const std::string& name, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--ca", Path("ca.pem"), "--cert", Path(name + ".pem"),
                                         "--key", Path(name + ".key")});
    return Ctl(arguments);
  }

  const CertificateAuthority authority_{"test CA"};
};

TEST_F(SecuredAdminTest, RolesAuthorsAndAudit) {
  Greeter& greeter = StartSecured({"--log-level", "debug"});
  EXPECT_EQ(CtlAs("viewer", {"status"}).code, 0);
  const Finished denied = CtlAs("viewer", {"message", "set", "mine"});
  EXPECT_EQ(denied.code, kNotPermitted) << denied;
  EXPECT_THAT(denied.err, AllOf(HasSubstr("\"viewer\""), HasSubstr("--admin-operator")));
  EXPECT_EQ(CtlAs("nobody", {"status"}).code, kNotPermitted);
  EXPECT_NE(Ctl({"status"}).code, 0);
  EXPECT_TRUE(greeter.WaitForLog("TLS handshake refused peer=127.0.0.1:"));
  EXPECT_THAT(greeter.log(), HasSubstr("reason=\"it spoke no TLS\" others=0"));

  EXPECT_EQ(CtlAs("operator", {"message", "set", "changed"}).code, 0);
  EXPECT_THAT(CtlAs("viewer", {"history"}).out, HasSubstr("operator"));
  EXPECT_TRUE(greeter.WaitForLog("change accepted"));
  EXPECT_THAT(greeter.log(),
              AllOf(HasSubstr("call denied method=/greeter.admin.v1.GreeterAdminService/SetMessage "
                              "author=viewer peer=127.0.0.1:"),
                    HasSubstr("author=nobody"), HasSubstr("author=operator")));
  EXPECT_EQ(greeter.Stop().code, 0);
}

TEST_F(SecuredAdminTest, NoSecretIsLogged) {
  Greeter& greeter = StartSecured({"--log-level", "debug"});
  const KeyPair other = authority_.IssueForServer();
  WriteFile("server.key", other.key);
  EXPECT_TRUE(greeter.WaitForLog("is not the key of"));
  WriteFile("server.key", "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n");
  EXPECT_TRUE(greeter.WaitForLog("holds a damaged key"));
  EXPECT_THAT(CtlAs("viewer", {"status"}).out, HasSubstr("stay in force"));
  const KeyPair next = authority_.IssueForServer();
  WriteKeyPair("server", next);
  EXPECT_TRUE(greeter.WaitForLog("the certificates have changed"));
  EXPECT_EQ(CtlAs("viewer", {"status"}).code, 0);
  // Lines of the bodies; the first after the header.
  const auto line = [](const std::string& pem) { return pem.substr(pem.find('\n') + 1, 60); };
  for (const std::string& secret : {line(other.key), line(next.key), line(next.cert),
                                    line(authority_.pem()), std::string("-----")}) {
    EXPECT_THAT(greeter.log(), Not(HasSubstr(secret)));
  }
}

TEST_F(SecuredAdminTest, ProbesAskTheHealthPort) {
  Greeter& greeter = StartSecured({"--health", "127.0.0.1:0", "--shutdown-delay", "3s"});
  EXPECT_EQ(greeter.Health(""), "SERVING");
  EXPECT_EQ(greeter.Health("greeter.data"), "SERVING");
  EXPECT_EQ(CtlAs("operator", {"stop"}).code, 0);
  EXPECT_EQ(greeter.Health("greeter.data"), "NOT_SERVING");
  greeter.Signal(SIGTERM);
  EXPECT_TRUE(WaitUntil([&] { return greeter.Health("") == "NOT_SERVING"; }));
  EXPECT_EQ(greeter.Wait().code, 0);
}

TEST_F(SecuredAdminTest, OverTheUnixSocketByUser) {
  const std::string socket = "unix:" + Path("admin.sock");
  StartGreeter(
      {"--admin", socket, "--admin-socket-group", "nogroup", "--admin-viewer", "user:nobody"});
  const auto as_nobody = [&](std::vector<std::string> arguments) {
    Command command = CtlCommand(std::move(arguments));
    command.ordinary_user = true;
    return RunProgram(command);
  };
  EXPECT_EQ(as_nobody({"status"}).code, 0);
  const Finished denied = as_nobody({"stop"});
  EXPECT_EQ(denied.code, kNotPermitted) << denied;
  EXPECT_THAT(denied.err, HasSubstr("user \"nobody\""));
  EXPECT_EQ(Ctl({"stop"}).code, 0);
}

}  // namespace
}  // namespace greeter::testing
