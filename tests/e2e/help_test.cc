// What greeterctl's help says: its examples work as they stand there, and it fits a terminal.

#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "e2e/greeter_fixture.h"
#include "fleet/etcd.h"
#include "gmock/gmock.h"

namespace greeter::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class HelpTest : public GreeterTest {
 protected:
  static std::vector<std::string> Help(std::vector<std::string> command) {
    command.insert(command.begin(), GREETERCTL);
    command.push_back("--help");
    const Finished help = RunProgram({command});
    EXPECT_EQ(help.code, 0) << help;
    return absl::StrSplit(help.out, '\n');
  }

  // The lines below a heading that begins with `title`, without their indent.
  static std::vector<std::string> Below(const std::vector<std::string>& help,
                                        const std::string& title) {
    std::vector<std::string> lines;
    bool below = false;
    for (const std::string& line : help) {
      if (below && absl::StartsWith(line, "  ")) {
        lines.emplace_back(absl::StripPrefix(line, "  "));
      } else {
        below = absl::StartsWith(line, title) && absl::EndsWith(line, ":");
      }
    }
    return lines;
  }

  // Every command, as a list of words, in the order of the help.
  static std::vector<std::vector<std::string>> Commands(
      const std::vector<std::string>& above = {}) {
    std::vector<std::vector<std::string>> all = {above};
    for (const std::string& line : Below(Help(above), "Commands")) {
      // What a longer description goes on with.
      if (absl::StartsWith(line, " ")) continue;
      std::vector<std::string> command = above;
      command.push_back(line.substr(0, line.find(' ')));
      for (auto& below : Commands(command)) all.push_back(std::move(below));
    }
    return all;
  }
};

TEST_F(HelpTest, EveryExampleWorksAsTyped) {
  Greeter& greeter = StartGreeter();
  // As it first starts, but for its port.
  Greeter& fresh = StartGreeter();
  const Etcd etcd;
  const std::string program = GREETERCTL;
  const auto in_shell = [&](const std::string& line) {
    return Command{
        {"bash", "-c", absl::StrCat("cd ", Path(""), " && ", line)},
        {{"GREETER_SERVER", greeter.admin()},
         {"PATH", absl::StrCat(program.substr(0, program.rfind('/')), ":", getenv("PATH"))}}};
  };
  for (const std::vector<std::string>& command : Commands()) {
    const std::vector<std::string> examples = Below(Help(command), "Example");
    EXPECT_THAT(examples, Not(IsEmpty())) << ::testing::PrintToString(command);
    for (const std::string& typed : examples) {
      const std::string example = absl::StrReplaceAll(
          typed, {{"127.0.0.1:9190", fresh.address()}, {"10.0.0.1:2379", etcd.address()}});
      if (!absl::StrContains(example, "--watch")) {
        const Finished run = RunProgram(in_shell(example));
        EXPECT_EQ(run.code, 0) << example << "\n" << run;
        continue;
      }
      Process watch(in_shell("exec " + example));
      const bool of_fleet = absl::StrContains(example, "fleet");
      EXPECT_TRUE(watch.WaitForOut(of_fleet ? "serving, revision" : "default")) << example;
      watch.Signal(SIGINT);
      EXPECT_EQ(watch.Wait().code, 0) << example;
    }
  }
}

TEST_F(HelpTest, FitsEightyColumns) {
  const auto commands = Commands();
  EXPECT_THAT(commands, Contains(std::vector<std::string>{"message", "set"}));
  for (const std::vector<std::string>& command : commands) {
    for (const std::string& line : Help(command)) EXPECT_LE(line.size(), 80u) << line;
  }
  const Finished daemon = RunProgram({{GREETERD, "--help"}});
  EXPECT_EQ(daemon.code, 0);
  for (const absl::string_view line : absl::StrSplit(daemon.out, '\n')) {
    EXPECT_LE(line.size(), 80u) << line;
  }
}

TEST_F(HelpTest, SaysThatItCouldNotBePrinted) {
  for (const char* what : {GREETERD " --help", GREETERD " --version", GREETERCTL " --help"}) {
    const Finished full = RunProgram({{"bash", "-c", absl::StrCat(what, " >/dev/full")}});
    EXPECT_EQ(full.code, 1) << what;
    EXPECT_THAT(full.err, HasSubstr("standard output; is its disk full?")) << what;
  }
}

}  // namespace
}  // namespace greeter::testing
