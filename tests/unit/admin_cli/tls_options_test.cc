#include "admin_cli/command_line/tls_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "command_line_fixture.h"

namespace greeter::admin_cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class TlsOptionsTest : public CommandLineTest {
 protected:
  // The arguments, with a command.
  static std::vector<std::string> Status(std::vector<std::string> options) {
    options.emplace_back("status");
    return options;
  }
};

TEST_F(TlsOptionsTest, WithoutThemThereIsNoTls) {
  const TlsFiles tls = Parse(Status({})).tls;
  EXPECT_EQ(tls.ca + tls.cert + tls.key + tls.server_name, "");
}

TEST_F(TlsOptionsTest, AllThatIsGivenCounts) {
  EXPECT_EQ(Parse(Status({"--ca", "a"})).tls.ca, "a");
  const TlsFiles tls =
      Parse({"status", "--ca=a", "--key=k", "--cert=c", "--server-name=db1.example.org"}).tls;
  EXPECT_EQ(tls.ca, "a");
  EXPECT_EQ(tls.cert, "c");
  EXPECT_EQ(tls.key, "k");
  EXPECT_EQ(tls.server_name, "db1.example.org");
  for (const char* name : {"127.0.0.1", "::1", "fd00::1:2"}) {
    EXPECT_EQ(Parse(Status({"--ca", "a", "--server-name", name})).tls.server_name, name);
  }
}

TEST_F(TlsOptionsTest, TheEnvironmentFillsWhatIsNotGiven) {
  setenv("GREETER_CA", "env-ca", 1);
  setenv("GREETER_CERT", "env-cert", 1);
  setenv("GREETER_KEY", "env-key", 1);
  setenv("GREETER_SERVER_NAME", "env-name", 1);
  TlsFiles tls = Parse(Status({})).tls;
  EXPECT_EQ(tls.ca, "env-ca");
  EXPECT_EQ(tls.cert, "env-cert");
  EXPECT_EQ(tls.key, "env-key");
  EXPECT_EQ(tls.server_name, "env-name");
  tls = Parse(Status({"--cert", "c", "--key", "k"})).tls;
  EXPECT_EQ(tls.ca, "env-ca");
  EXPECT_EQ(tls.cert, "c");
  EXPECT_EQ(tls.key, "k");
  // Empty is as good as not set.
  setenv("GREETER_CERT", "", 1);
  setenv("GREETER_KEY", "", 1);
  EXPECT_EQ(Parse(Status({})).tls.cert, "");
}

TEST_F(TlsOptionsTest, HalfOfThemIsAUsageError) {
  EXPECT_THAT(Refusal(Status({"--ca", "a", "--cert", "c"})),
              HasSubstr("--cert is given without --key (or GREETER_KEY)"));
  EXPECT_THAT(Refusal(Status({"--ca", "a", "--key", "k"})),
              HasSubstr("--key is given without --cert (or GREETER_CERT)"));
  EXPECT_THAT(Refusal(Status({"--cert", "c", "--key", "k"})),
              HasSubstr("--cert is given without --ca (or GREETER_CA)"));
  EXPECT_THAT(Refusal(Status({"--server-name", "n"})),
              HasSubstr("--server-name is given without --ca (or GREETER_CA)"));
  setenv("GREETER_CERT", "c", 1);
  EXPECT_THAT(Refusal(Status({"--ca", "a"})), HasSubstr("GREETER_CERT is given without --key"));
  setenv("GREETER_KEY", "k", 1);
  EXPECT_THAT(Refusal(Status({})), HasSubstr("GREETER_CERT is given without --ca"));
}

TEST_F(TlsOptionsTest, ValuesThatMakeNoSense) {
  for (const char* option : {"--ca", "--cert", "--key", "--server-name"}) {
    EXPECT_THAT(Refusal(Status({option, ""})), HasSubstr(std::string(option) + " is empty"));
  }
  for (const char* name : {"db1:50051", "https://db1", "a b"}) {
    EXPECT_THAT(Refusal(Status({"--ca", "a", "--server-name", name})),
                AllOf(HasSubstr(std::string("\"") + name + "\""), HasSubstr("port")));
  }
}

TEST_F(TlsOptionsTest, AUnixSocketHasNoTls) {
  const std::vector<std::string> server = {"--server", "unix:/run/greeter.sock", "status"};
  setenv("GREETER_CA", "a", 1);
  setenv("GREETER_CERT", "c", 1);
  EXPECT_EQ(Parse(server).tls.ca, "");
  for (const char* option : {"--ca", "--cert", "--key", "--server-name"}) {
    std::vector<std::string> arguments = server;
    arguments.insert(arguments.end(), {option, "x"});
    EXPECT_THAT(Refusal(arguments),
                HasSubstr(std::string(option) + " can't be given for a unix socket"));
  }
}

}  // namespace
}  // namespace greeter::admin_cli
