// The canary's other half: greeterctl probe against a greeterd, and against nobody.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "e2e/greeter_fixture.h"
#include "gmock/gmock.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// See admin_cli/client/exit_code.h.
constexpr int kUsage = 2, kUnexpected = 8;

class ProbeTest : public GreeterTest {
 protected:
  // Without a server to talk to.
  static Command Probing(std::vector<std::string> arguments) {
    std::vector<std::string> command = {GREETERCTL, "--server", "127.0.0.1:1", "probe"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    // Nor with certificates that could be read.
    return {.arguments = command, .environment = {{"GREETER_CA", "/nowhere"}}};
  }
  static Finished Probe(std::vector<std::string> arguments) {
    return RunProgram(Probing(std::move(arguments)));
  }
  static void ExpectCode(int code, const std::vector<std::string>& arguments,
                         const std::string& says) {
    const Finished finished = Probe(arguments);
    EXPECT_EQ(finished.code, code) << finished;
    EXPECT_THAT(finished.out, HasSubstr(says));
    EXPECT_EQ(finished.err, "");
  }
};

TEST_F(ProbeTest, TellsGreetedFromRefused) {
  const std::string address = FreeAddress();
  StartGreeter({"--listen", address});
  ExpectCode(0, {address}, absl::StrCat("greeted by ", address, ": \"Hello world\" (11 bytes)\n"));
  ExpectCode(0, {address, "--expect", "Hello world"}, "greeted by");
  ExpectCode(0, {address, "--expect-regex", "^Hel+o"}, "greeted by");
  ExpectCode(kUnexpected, {address, "--expect", "Hello"}, "expected \"Hello\"");
  ExpectCode(kUnexpected, {address, "--expect", "Hello world!"}, "cut short");
  ExpectCode(kUnexpected, {address, "--expect-regex", "^web-"}, "wrong greeting");
  ExpectCode(kUnexpected, {address, "--expect-refused"}, "expected a refusal");

  EXPECT_EQ(Ctl({"stop"}).code, 0);
  ExpectCode(kUnexpected, {address}, "refused: nobody listens on");
  ExpectCode(0, {address, "--expect-refused"}, "as expected");
  ExpectCode(kUnexpected, {address, "--expect-timeout"}, "expected no answer");
  EXPECT_EQ(Ctl({"start"}).code, 0);
  ExpectCode(0, {address}, "greeted by");
}

TEST_F(ProbeTest, OverAUnixSocket) {
  Greeter& greeter = StartGreeter({"--listen", "unix:" + Path("s")});
  ExpectCode(0, {greeter.address()}, "greeted by unix:");
  ExpectCode(0, {"unix:" + Path("other"), "--expect-refused"}, "as expected");
}

// A canary in front of several: how often each has answered.
TEST_F(ProbeTest, SumsUpMany) {
  Greeter& greeter = StartGreeter();
  const Finished many = Probe({greeter.address(), "--count", "200", "--concurrency", "8"});
  EXPECT_EQ(many.code, 0) << many;
  EXPECT_THAT(many.out, AllOf(StartsWith("200 connections to "), HasSubstr(": all as expected\n"),
                              HasSubstr("greeted          200\n"), HasSubstr("P99.9")));
  // Not a terminal.
  EXPECT_THAT(many.out, Not(AnyOf(HasSubstr("≤"), HasSubstr("<="))));
  EXPECT_EQ(greeter.Counts().accepted(), 200U);
  for (const auto& [locale, bar] : {std::pair{"C.UTF-8", "█"}, std::pair{"C", "#"}}) {
    Command drawing = Probing({greeter.address(), "--count", "20", "--histogram"});
    drawing.environment["LC_ALL"] = locale;
    EXPECT_THAT(RunProgram(drawing).out, HasSubstr(absl::StrCat(" ", bar)));
  }
  const Finished paced = Probe({greeter.address(), "--duration", "200ms", "--rate", "100"});
  EXPECT_EQ(paced.code, 0) << paced;
}

TEST_F(ProbeTest, TellsScripts) {
  Greeter& greeter = StartGreeter();
  const Finished json = Probe({greeter.address(), "-o", "json", "--expect", "Hi"});
  EXPECT_EQ(json.code, kUnexpected) << json;
  EXPECT_THAT(json.out, AllOf(HasSubstr("\"asExpected\": false"), HasSubstr("\"OUTCOME_WRONG\""),
                              HasSubstr("\"text\": \"Hello world\"")));
  const Finished yaml = Probe({greeter.address(), "-o", "yaml"});
  EXPECT_EQ(yaml.code, 0) << yaml;
  EXPECT_THAT(yaml.out, AllOf(HasSubstr("asExpected: true"), HasSubstr("text: Hello world")));
}

TEST_F(ProbeTest, ANameThatIsNone) {
  ExpectCode(kUnexpected, {"nowhere.invalid:9190", "--timeout", "5s"}, "no such name: nowhere.inv");
}

TEST_F(ProbeTest, WhatIsNoAddressOrPatternIsRefused) {
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"localhost"}, {"localhost:0"}, {":1", "--expect-regex", "("}}) {
    const Finished refused = Probe(wrong);
    EXPECT_EQ(refused.code, kUsage) << refused;
    EXPECT_THAT(refused.err, StartsWith("greeterctl: "));
    EXPECT_EQ(refused.out, "");
  }
}

// Ctrl-C: what there is so far, at once.
TEST_F(ProbeTest, AnInterruptEndsItWithItsResults) {
  Greeter& greeter = StartGreeter();
  Process probe(Probing({greeter.address(), "--duration", "1h", "--concurrency", "4"}));
  EXPECT_TRUE(WaitUntil([&] { return greeter.Counts().accepted() > 50; }));
  probe.Signal(SIGINT);
  const Finished finished = probe.Wait();
  EXPECT_EQ(finished.code, 0) << finished;
  EXPECT_THAT(finished.out, AllOf(HasSubstr("all as expected"), HasSubstr("interrupted")));
}

}  // namespace
}  // namespace greeter::testing
