// An operator with greeterctl: every command against a running greeterd, and its exit codes.

#include <pwd.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "e2e/clients.h"
#include "e2e/greeter_fixture.h"
#include "gmock/gmock.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// See admin_cli/client/exit_code.h.
constexpr int kFailure = 1, kUsage = 2, kUnreachable = 3, kNotFound = 4, kConflict = 5,
              kInvalid = 7;

class GreeterctlTest : public GreeterTest {
 protected:
  // What greeterctl prints when it succeeds, which it must.
  std::string Print(std::vector<std::string> arguments, std::string input = "") const {
    const Finished finished = Ctl(std::move(arguments), std::move(input));
    EXPECT_EQ(finished.code, 0) << finished;
    EXPECT_EQ(finished.err, "");
    return finished.out;
  }

  // It exits with `code`, and one line on standard error has all of `words`.
  void ExpectRefused(std::vector<std::string> arguments, int code,
                     const std::vector<std::string>& words) const {
    const Finished finished = Ctl(std::move(arguments));
    EXPECT_EQ(finished.code, code) << finished;
    EXPECT_EQ(finished.out, "") << finished;
    EXPECT_THAT(finished.err, StartsWith("greeterctl"));
    for (const std::string& word : words) EXPECT_THAT(finished.err, HasSubstr(word));
  }

  // What python3 finds at `path`, as in "['status']['revision']['number']", in a JSON document.
  static std::string InJson(const std::string& document, const std::string& path) {
    const Finished python = RunProgram({.arguments = {"python3", "-c",
                                                      "import json, sys\n"
                                                      "print(json.load(sys.stdin)" +
                                                          path + ", end='')"},
                                        .input = document});
    EXPECT_EQ(python.code, 0) << python << document;
    return python.out;
  }

  std::string Revision() const {
    return InJson(Print({"status", "-o", "json"}), "['status']['revision']['number']");
  }
};

TEST_F(GreeterctlTest, StopsAndStartsListening) {
  const std::string address = FreeAddress();
  Greeter& greeter = StartGreeter({"--listen", address});
  EXPECT_EQ(Greet(address), "greeted");
  EXPECT_THAT(Print({"stop"}), HasSubstr("default is stopped"));
  // Promise 4: after StopListening it is refused, after StartListening it is served.
  EXPECT_EQ(Greet(address), "refused");
  EXPECT_THAT(Print({"status"}), AllOf(HasSubstr("stopped"), Not(HasSubstr(address))));
  EXPECT_EQ(greeter.Health("greeter.data"), "NOT_SERVING");
  EXPECT_THAT(Print({"start"}), HasSubstr("listening on " + address));
  EXPECT_EQ(Greet(address), "greeted");
  EXPECT_EQ(greeter.Health("greeter.data"), "SERVING");
  EXPECT_EQ(Revision(), "3");
  // Already so: fine, and no revision.
  EXPECT_THAT(Print({"start"}), HasSubstr("listening on " + address));
  EXPECT_EQ(Revision(), "3");
}

TEST_F(GreeterctlTest, CountsConnections) {
  Greeter& greeter = StartGreeter();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Greet(greeter.address()), "greeted");
  ASSERT_TRUE(WaitUntil([&] { return greeter.Counts().completed() == 3; }));
  const std::string json = Print({"counts", "-o", "json"});
  EXPECT_EQ(InJson(json, "['total']['accepted']"), "3");
  EXPECT_EQ(InJson(json, "['listeners'][0]['counts']['bytesSent']"), "33");
  EXPECT_THAT(Print({"counts"}), HasSubstr("COMPLETED"));
  EXPECT_THAT(Print({"counts", "-o", "yaml"}), HasSubstr("completed: 3"));
}

TEST_F(GreeterctlTest, SetsMessagesOfEveryKind) {
  Greeter& greeter = StartGreeter();
  Print({"message", "set", "--ending", "crlf", "--", "-dash"});
  EXPECT_EQ(Greet(greeter.address(), "-dash\r\n"), "greeted");
  Print({"message", "set", "--hex", "00 ff"});
  EXPECT_EQ(Greet(greeter.address(), std::string("\0\xff", 2)), "greeted");
  Print({"message", "set", "--file", WriteFile("message", "of a file\n")});
  EXPECT_EQ(Greet(greeter.address(), "of a file\n"), "greeted");
  Print({"message", "set", "--file", "-"}, "from a pipe");
  EXPECT_EQ(Greet(greeter.address(), "from a pipe"), "greeted");
  EXPECT_EQ(Print({"message", "get"}), "from a pipe");
  // Promise 6: what is refused changes nothing.
  ExpectRefused({"message", "set", "${remot_addr}", "--template"}, kInvalid,
                {"remot_addr", "did you mean ${remote_addr}?"});
  ExpectRefused({"message", "set", "--file", WriteFile("long", std::string(65537, 'x'))}, kInvalid,
                {"65,536"});
  ExpectRefused({"message", "set", std::string(65536, 'x'), "--ending", "lf"}, kInvalid, {"65536"});
  ExpectRefused({"message", "set", "caf\xe9"}, kInvalid, {"UTF-8", "0xE9"});
  EXPECT_EQ(Greet(greeter.address(), "from a pipe"), "greeted");
}

TEST_F(GreeterctlTest, ConfigGoesOutAndComesBackUnchanged) {
  const std::string file = WriteFile("greeter.json", R"({"listeners": [
    {"name": "default", "address": "127.0.1.1:0", "greeting": {"text": "tab\tquote\" — end\n"}},
    {"name": "bytes", "address": "127.0.1.1:0", "greeting": {"raw": "AP8=", "ending": "ENDING_NUL"},
     "limits": {"maxConnections": 7, "lingerTimeout": "1.5s"}}]})");
  StartGreeter({"--config", file});
  for (const char* format : {"yaml", "json", "table"}) {
    const std::string config = Print({"config", "get", "-o", format});
    const Finished applied = Ctl({"config", "apply", "-f", WriteFile("again", config)});
    EXPECT_EQ(applied.code, 0) << applied << config;
    EXPECT_EQ(Revision(), "1") << config;
    EXPECT_EQ(Print({"config", "get", "-o", format}), config);
  }
}

TEST_F(GreeterctlTest, DryRunChangesNothing) {
  Greeter& greeter = StartGreeter();
  const std::string file = WriteFile("new.yaml", R"(listeners:
  - {name: other, address: "127.0.1.1:0", greeting: {text: "new"}}
)");
  EXPECT_THAT(Print({"config", "apply", "-f", file, "--dry-run"}),
              HasSubstr("Nothing has changed"));
  EXPECT_EQ(Revision(), "1");
  EXPECT_EQ(Greet(greeter.address()), "greeted");
  Print({"config", "apply", "-f", file});
  EXPECT_EQ(Revision(), "2");
  EXPECT_EQ(Greet(greeter.address()), "refused");
  EXPECT_EQ(Greet(greeter.Status("other").bound_address(), "new"), "greeted");
}

// Promise 8: never silently overwritten.
TEST_F(GreeterctlTest, ExpectedRevisionGuardsAChange) {
  Greeter& greeter = StartGreeter();
  Print({"message", "set", "second", "--expect-revision", "1", "--comment", "the second"});
  ExpectRefused({"message", "set", "third", "--expect-revision", "1"}, kConflict,
                {"current revision is 2", "not 1"});
  ExpectRefused({"stop", "--expect-revision", "1"}, kConflict, {"current revision is 2"});
  EXPECT_EQ(Greet(greeter.address(), "second"), "greeted");
  EXPECT_THAT(Print({"status"}), HasSubstr("the second"));
}

TEST_F(GreeterctlTest, ExitCodesTellWhatWentWrong) {
  StartGreeter();
  ExpectRefused({"status", "-l", "nope"}, kNotFound, {"no listener \"nope\""});
  ExpectRefused({"start", "-l", "nope"}, kNotFound, {"no listener \"nope\""});
  ExpectRefused({"stop", "-l", "defualt"}, kNotFound, {"default"});
  ExpectRefused({"counts", "-l", "nope"}, kNotFound, {"nope"});
  ExpectRefused({"message", "get", "-l", "nope"}, kNotFound, {"nope"});
  ExpectRefused({"config", "get", "--revision", "9"}, kNotFound, {"no revision 9"});
  ExpectRefused({"config", "apply", "-f", Path("none")}, kFailure, {Path("none"), "No such file"});
  ExpectRefused({"stats"}, kUsage, {"stats", "did you mean \"status\"?"});
  ExpectRefused({}, kUsage, {"a command is missing"});
  ExpectRefused({"status", "--timeout", "10"}, kUsage, {"--timeout", "\"10\""});
  ExpectRefused({"status", "--server", "nowhere"}, kUsage, {"--server", "nowhere"});
  ExpectRefused({"status", "--server", "unix:" + Path("none")}, kUnreachable,
                {"can't reach greeterd", "none"});
}

TEST_F(GreeterctlTest, WatchShowsAChangeAndEndsOnInterrupt) {
  StartGreeter();
  Process watch(CtlCommand({"status", "--watch", "-o", "json"}));
  ASSERT_TRUE(watch.WaitForOut("\"STATE_LISTENING\""));
  Print({"stop"});
  EXPECT_TRUE(watch.WaitForOut("\"STATE_STOPPED\""));
  watch.Signal(SIGINT);
  EXPECT_EQ(watch.Wait().code, 0);
}

TEST_F(GreeterctlTest, WatchEndsWhenNobodyReadsOnThoughNothingChanges) {
  StartGreeter();
  Command command = CtlCommand({"status", "--watch"});
  command.arguments.insert(
      command.arguments.begin(),
      {"bash", "-c", "set -o pipefail; timeout 20 \"$@\" | head -n 1", "bash"});
  EXPECT_EQ(RunProgram(command).code, 0);
}

TEST_F(GreeterctlTest, WatchOutlivesTheServer) {
  const std::string admin = FreeAddress();
  Greeter& greeter = StartGreeter({"--admin", admin});
  Process watch(CtlCommand({"status", "--watch"}));
  ASSERT_TRUE(watch.WaitForOut("default is listening"));
  EXPECT_EQ(greeter.Stop().code, 0);
  EXPECT_TRUE(watch.WaitForOut("has stopped; trying again"));
  StartGreeter({"--admin", admin});
  EXPECT_TRUE(watch.WaitForOut("reached again"));
  watch.Signal(SIGINT);
  EXPECT_EQ(watch.Wait().code, 0);
}

TEST_F(GreeterctlTest, SeveralServersAreAskedAndChangedTogether) {
  const std::string one = StartGreeter().admin();
  Greeter& other = StartGreeter();
  const std::string both = absl::StrCat(one, ",", other.admin());
  EXPECT_THAT(Print({"message", "set", "Moin", "--server", both, "--expect-revision", "1"}),
              AllOf(HasSubstr("==> " + one + " <==\ndefault has the message (revision 2)"),
                    HasSubstr("==> " + other.admin() + " <==\ndefault has the message")));
  EXPECT_EQ(InJson(Print({"message", "get", "--server", both, "-o", "json"}),
                   "['servers'][1]['response']['text']"),
            "Moin");
  other.Stop();
  const Finished finished = Ctl({"counts", "--server", both, "-o", "json"});
  EXPECT_EQ(finished.code, kUnreachable) << finished;
  EXPECT_EQ(InJson(finished.out, "['servers'][0]['response']['total']['accepted']"), "0");
  EXPECT_EQ(InJson(finished.out, "['servers'][1]['error']['exitCode']"), "3");
}

TEST_F(GreeterctlTest, ServerThatNeverAnswersTimesOut) {
  Greeter& greeter = StartGreeter();
  greeter.Signal(SIGSTOP);
  const Finished finished = Ctl({"status", "--timeout", "300ms"});
  greeter.Signal(SIGCONT);
  EXPECT_EQ(finished.code, kUnreachable) << finished;
  EXPECT_THAT(finished.err, HasSubstr("within 300ms"));
}

TEST_F(GreeterctlTest, StatusPageIsNoAdminAddress) {
  const Greeter& greeter = StartGreeter({"--http", "127.0.0.1:0"});
  // "http://127.0.0.1:9464/" without what is no address.
  const std::string page = greeter.page().substr(7, greeter.page().size() - 8);
  ExpectRefused({"status", "--server", page}, kUnreachable, {page, "web server", "--server"});
}

TEST_F(GreeterctlTest, SaysThatAChangeWasMadeWhoseAnswerIsLost) {
  const Greeter& greeter = StartGreeter();
  const Finished full = RunProgram({{"bash", "-c", "\"$0\" message set Hi >/dev/full", GREETERCTL},
                                    {{"GREETER_SERVER", greeter.admin()}}});
  EXPECT_EQ(full.code, kFailure);
  EXPECT_THAT(full.err, HasSubstr("If this was a change, it has been made"));
  EXPECT_EQ(Print({"message", "get"}), "Hi");
}

TEST_F(GreeterctlTest, AdminOnAUnixSocket) {
  StartGreeter({"--admin", "unix:" + Path("admin")});
  EXPECT_THAT(Print({"status"}), HasSubstr("listening"));
  Print({"message", "set", "Moin"});
  // Whoever runs the test.
  const passwd* const user = getpwuid(geteuid());
  const std::string name = user != nullptr ? user->pw_name : absl::StrCat("uid ", geteuid());
  EXPECT_THAT(Print({"history"}), HasSubstr(absl::StrCat(" ", name, " ")));
}

}  // namespace
}  // namespace greeter::testing
