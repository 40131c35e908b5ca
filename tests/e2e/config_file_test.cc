// The config file's rule, and the audit record of every change.

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "e2e/clients.h"
#include "e2e/greeter_fixture.h"
#include "gmock/gmock.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ConfigFileTest : public GreeterTest {
 protected:
  std::string WriteConfig(const std::string& text, const std::string& address = kAnyPort) {
    return WriteFile("greeter.yaml",
                     absl::StrCat("listeners:\n- name: default\n  address: \"", address,
                                  "\"\n  greeting: {text: \"", text, "\"}\n"));
  }
  Greeter& StartWithFile() {
    return StartGreeter({"--config", Path("greeter.yaml"), "--state-dir", Path("state")});
  }
  Finished RunWithFile() {
    return RunGreeter(
        {"--config", Path("greeter.yaml"), "--state-dir", Path("state"), "--admin", "127.0.0.1:0"});
  }
  std::string Status() { return Ctl({"status"}).out; }
  // The last line logged that contains `text`.
  static std::string LastLine(Greeter& greeter, const std::string& text) {
    std::string last;
    for (const absl::string_view line : absl::StrSplit(greeter.log(), '\n')) {
      if (absl::StrContains(line, text)) last = std::string(line);
    }
    return last;
  }
};

TEST_F(ConfigFileTest, WinsWhenItsContentChangedAndRunTimeChangesWinOtherwise) {
  WriteConfig("one");
  {
    Greeter& greeter = StartWithFile();
    EXPECT_EQ(Greet(greeter.address(), "one"), "greeted");
    EXPECT_THAT(Status(), HasSubstr("config file: in effect since revision 1"));
    ASSERT_EQ(Ctl({"message", "set", "changed"}).code, 0);
    EXPECT_THAT(Status(), HasSubstr("config file: changed at run time since revision 1"));
    greeter.Stop();
  }
  {
    // The same content, written anew: the change made at run time stays.
    WriteConfig("one");
    Greeter& greeter = StartWithFile();
    EXPECT_EQ(Greet(greeter.address(), "changed"), "greeted");
    EXPECT_THAT(Status(), HasSubstr("config file: changed at run time since revision 1"));
    greeter.Stop();
  }
  {
    WriteConfig("two");
    Greeter& greeter = StartWithFile();
    EXPECT_EQ(Greet(greeter.address(), "two"), "greeted");
    EXPECT_THAT(LastLine(greeter, "change accepted"),
                HasSubstr("author=greeterd peer=\"\" old_revision=2 new_revision=3 outcome=OK"));
    EXPECT_THAT(Status(), AllOf(HasSubstr("config file: in effect since revision 3"),
                                HasSubstr("start with a changed config file")));
    greeter.Stop();
  }
  // Without the file, what it said stays.
  Greeter& greeter = StartGreeter({"--state-dir", Path("state")});
  EXPECT_EQ(Greet(greeter.address(), "two"), "greeted");
  EXPECT_THAT(Status(), Not(HasSubstr("config file:")));
}

TEST_F(ConfigFileTest, IsReadAgainAtSighup) {
  WriteConfig("one");
  Greeter& greeter = StartWithFile();
  ASSERT_EQ(Ctl({"message", "set", "changed"}).code, 0);

  greeter.Signal(SIGHUP);
  ASSERT_TRUE(greeter.WaitForLog("is as revision 1 applied it: nothing changed"));
  EXPECT_EQ(Greet(greeter.address(), "changed"), "greeted");

  WriteFile("greeter.yaml", "listeners:\n- name: default\n  adress: \":0\"\n");
  greeter.Signal(SIGHUP);
  ASSERT_TRUE(greeter.WaitForLog("greeter.yaml:3: listeners[0].adress: unknown field"));
  WriteConfig("two", "nowhere");
  greeter.Signal(SIGHUP);
  ASSERT_TRUE(greeter.WaitForLog("greeter.yaml:3: listeners[0].address: address \"nowhere\""))
      << greeter.log();
  std::filesystem::remove(Path("greeter.yaml"));
  greeter.Signal(SIGHUP);
  ASSERT_TRUE(greeter.WaitForLog("greeter.yaml: No such file"));
  EXPECT_EQ(Greet(greeter.address(), "changed"), "greeted");
  EXPECT_THAT(Status(), HasSubstr("config file: changed at run time since revision 1"));

  WriteConfig("two");
  greeter.Signal(SIGHUP);
  ASSERT_TRUE(greeter.WaitForLog("is in effect as revision 3"));
  EXPECT_EQ(Greet(greeter.address(), "two"), "greeted");
  EXPECT_THAT(Status(), AllOf(HasSubstr("config file: in effect since revision 3"),
                              HasSubstr("by greeterd: reload of ")));
}

TEST_F(ConfigFileTest, ABadOneStopsTheStart) {
  WriteConfig("one");
  StartWithFile().Stop();
  WriteFile("greeter.yaml", "listeners:\n- name: default\n  adress: \":0\"\n");
  Finished finished = RunWithFile();
  EXPECT_EQ(finished.code, 1) << finished;
  EXPECT_THAT(finished.err, HasSubstr("greeter.yaml:3: listeners[0].adress: unknown field"));

  WriteConfig("two", "nowhere");
  finished = RunWithFile();
  EXPECT_EQ(finished.code, 1) << finished;
  EXPECT_THAT(finished.err, HasSubstr("greeter.yaml:3: listeners[0].address: address \"nowhere\""));

  // What was in force still is.
  Greeter& greeter = StartGreeter({"--state-dir", Path("state")});
  EXPECT_EQ(Greet(greeter.address(), "one"), "greeted");
}

TEST_F(ConfigFileTest, SighupWithoutOneChangesNothing) {
  Greeter& greeter = StartGreeter();
  greeter.Signal(SIGHUP);
  ASSERT_TRUE(greeter.WaitForLog("there is no config file"));
  EXPECT_EQ(Greet(greeter.address()), "greeted");
}

// Promise 11: every change is audited.
TEST_F(ConfigFileTest, EveryChangeIsAuditedWithoutWhatTheGreetingSays) {
  Greeter& greeter = StartGreeter();
  ASSERT_EQ(Ctl({"message", "set", "SECRET", "--comment", "for \"us\"\nall"}).code, 0);
  ASSERT_TRUE(greeter.WaitForLog("new_revision=2")) << greeter.log();
  EXPECT_THAT(LastLine(greeter, "change accepted"),
              AllOf(HasSubstr(" info "), HasSubstr("action=\"set message of default\""),
                    HasSubstr("author=127.0.0.1:"), HasSubstr("peer=127.0.0.1:"),
                    HasSubstr("old_revision=1 new_revision=2 outcome=OK validate_only=false"),
                    HasSubstr("comment=\"for \\\"us\\\"\\u000aall\"")));

  ASSERT_EQ(Ctl({"message", "set", "SECRET 2", "--expect-revision", "9"}).code, 5);
  ASSERT_TRUE(greeter.WaitForLog("outcome=ABORTED")) << greeter.log();
  EXPECT_THAT(
      LastLine(greeter, "change refused"),
      AllOf(HasSubstr(" warning "), HasSubstr("old_revision=2 new_revision=2"),
            HasSubstr("outcome=ABORTED"), HasSubstr("reason=\"the current revision is 2, not 9")));
  ASSERT_EQ(Ctl({"message", "set", "SECRET ${nonsense}", "--template"}).code, 7);
  EXPECT_TRUE(greeter.WaitForLog("outcome=INVALID_ARGUMENT")) << greeter.log();
  ASSERT_EQ(Ctl({"stop", "-l", "nobody"}).code, 4);
  ASSERT_TRUE(greeter.WaitForLog("outcome=NOT_FOUND")) << greeter.log();
  EXPECT_THAT(LastLine(greeter, "change refused"),
              AllOf(HasSubstr("action=\"stop nobody\""), HasSubstr("outcome=NOT_FOUND"),
                    HasSubstr("reason=")));
  // What was only tried is no change.
  ASSERT_EQ(Ctl({"rollback", "1", "--dry-run"}).code, 0);
  ASSERT_TRUE(greeter.WaitForLog("dry run")) << greeter.log();
  EXPECT_THAT(LastLine(greeter, "dry run"),
              AllOf(HasSubstr(" info "), HasSubstr("dry run passed"),
                    HasSubstr("old_revision=2 new_revision=2"), HasSubstr("validate_only=true")));
  EXPECT_THAT(greeter.log(), Not(HasSubstr("SECRET")));
}

TEST_F(ConfigFileTest, TheAuditRecordHasFieldsInJson) {
  Greeter& greeter = StartGreeter({"--log-format", "json"});
  ASSERT_EQ(Ctl({"message", "set", "Moin", "--comment", "for \"us\"\nall"}).code, 0);
  const std::string line = LastLine(greeter, "set message of default");
  // Every field is checked by a parser that is not ours.
  const Finished parsed = RunProgram(
      {.arguments = {"python3", "-c",
                     "import json,sys; r=json.load(sys.stdin); r.pop('time'); r.pop('author'); "
                     "r.pop('peer'); print(json.dumps(r, sort_keys=True))"},
       .input = line});
  EXPECT_EQ(parsed.out,
            "{\"action\": \"set message of default\", \"comment\": \"for \\\"us\\\"\\nall\", "
            "\"level\": \"info\", \"message\": \"change accepted\", \"new_revision\": 2, "
            "\"old_revision\": 1, \"outcome\": \"OK\", \"validate_only\": false}\n")
      << line << parsed;
}

}  // namespace
}  // namespace greeter::testing
