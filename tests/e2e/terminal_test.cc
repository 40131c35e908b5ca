// greeterctl on an operator's terminal: colours, the live view of status --watch, the bar of what
// takes long.

#include "e2e/terminal.h"

#include <algorithm>
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

constexpr char kGreen[] = "\x1b[32m";

class TerminalTest : public GreeterTest {
 protected:
  Terminal& OpenTerminal(const Greeter& greeter) {
    terminal_ = std::make_unique<Terminal>(
        Path(""), std::vector<std::string>{"bash", "--norc", "--noprofile", "-i"},
        std::map<std::string, std::string>{{"GREETER_SERVER", greeter.admin()}});
    EXPECT_TRUE(terminal_->WaitFor("$"));
    return *terminal_;
  }

 private:
  std::unique_ptr<Terminal> terminal_;
};

TEST_F(TerminalTest, StatesHaveColours) {
  Terminal& terminal = OpenTerminal(StartGreeter());
  terminal.Run("greeterctl status; echo end=$?");
  ASSERT_TRUE(terminal.WaitFor("end=0"));
  EXPECT_THAT(terminal.ColouredScreen(), HasSubstr(absl::StrCat(kGreen, "listening")));
}

TEST_F(TerminalTest, NobodyHasColoursWhoWantsNone) {
  Terminal& terminal = OpenTerminal(StartGreeter());
  terminal.Run("NO_COLOR=1 greeterctl status; TERM=dumb greeterctl status; echo end=$?");
  ASSERT_TRUE(terminal.WaitFor("end=0"));
  EXPECT_THAT(terminal.ColouredScreen(), AllOf(HasSubstr("listening"), Not(HasSubstr(kGreen))));
}

TEST_F(TerminalTest, APipeHasNoColours) {
  Terminal& terminal = OpenTerminal(StartGreeter());
  terminal.Run("greeterctl status | cat; greeterctl status -o yaml; echo end=$?");
  ASSERT_TRUE(terminal.WaitFor("end=0"));
  EXPECT_THAT(terminal.ColouredScreen(),
              AllOf(HasSubstr("STATE_LISTENING"), Not(HasSubstr(kGreen))));
}

TEST_F(TerminalTest, AMessageEndsItsLine) {
  Terminal& terminal = OpenTerminal(StartGreeter());
  terminal.Run("greeterctl message get");
  EXPECT_TRUE(terminal.WaitFor("\nHello world\n$"));
  // A pipe has the bytes alone.
  terminal.Run("greeterctl message get | od -An -c | tail -1");
  EXPECT_TRUE(terminal.WaitFor("l   d\n$"));
}

TEST_F(TerminalTest, WatchDrawsInPlaceAndGivesTheTerminalBack) {
  Greeter& greeter = StartGreeter();
  Terminal& terminal = OpenTerminal(greeter);
  terminal.Run("stty -a >before; greeterctl status --watch; echo end=$?");
  ASSERT_TRUE(terminal.WaitFor("connected"));
  EXPECT_THAT(terminal.Screen(), AllOf(HasSubstr("q or Ctrl-C ends"), HasSubstr("PER SEC"),
                                       HasSubstr("LAST "), Not(HasSubstr("$ stty"))));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Greet(greeter.address()), "greeted");
  EXPECT_TRUE(terminal.WaitFor("        3 ")) << terminal.Screen();

  // Narrower: the plot gives way.
  terminal.Resize(64, 10);
  EXPECT_TRUE(terminal.WaitForNo("LAST "));
  const std::string narrow = terminal.Screen();
  ASSERT_THAT(narrow, HasSubstr("PER SEC"));
  // As narrow as the table, which is whole.
  const std::vector<std::string> lines = absl::StrSplit(narrow, '\n');
  const auto titles = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
    return absl::EndsWith(line, "PER SEC");
  });
  ASSERT_NE(titles, lines.end()) << narrow;
  terminal.Resize(static_cast<int>(titles->size()), 10);
  EXPECT_EQ(Greet(greeter.address()), "greeted");
  EXPECT_TRUE(terminal.WaitFor("        4 ")) << terminal.Screen();
  EXPECT_THAT(terminal.Screen(), HasSubstr("PER SEC\n"));
  EXPECT_EQ(Ctl({"stop"}).code, 0);
  EXPECT_TRUE(terminal.WaitFor("stopped")) << terminal.Screen();
  EXPECT_THAT(terminal.ColouredScreen(), HasSubstr("\x1b[33mstopped"));

  terminal.Press("q");
  EXPECT_TRUE(terminal.WaitFor("end=0"));
  EXPECT_THAT(terminal.Screen(), AllOf(HasSubstr("$ stty"), Not(HasSubstr("PER SEC"))));
  // All but its size.
  terminal.Run("clear; diff <(sed s/rows.*// before) <(stty -a | sed s/rows.*//) && echo sa''me");
  EXPECT_TRUE(terminal.WaitFor("same")) << terminal.Screen();
}

TEST_F(TerminalTest, WatchEndsOnInterruptAndStopsOnCtrlZ) {
  Terminal& terminal = OpenTerminal(StartGreeter());
  terminal.Run("greeterctl status --watch; echo end=$?");
  ASSERT_TRUE(terminal.WaitFor("Ctrl-C ends"));
  terminal.Press("C-z");
  ASSERT_TRUE(terminal.WaitFor("Stopped"));
  EXPECT_THAT(terminal.Screen(), Not(HasSubstr("PER SEC")));
  terminal.Run("fg; echo back=$?");
  ASSERT_TRUE(terminal.WaitFor("PER SEC"));
  terminal.Press("C-c");
  EXPECT_TRUE(terminal.WaitFor("back=0")) << terminal.Screen();
}

TEST_F(TerminalTest, WatchOutlivesItsServer) {
  const std::string admin = FreeAddress();
  Greeter& greeter = StartGreeter({"--admin", admin});
  Terminal& terminal = OpenTerminal(greeter);
  terminal.Run("greeterctl status --watch");
  ASSERT_TRUE(terminal.WaitFor("connected"));
  greeter.Stop();
  EXPECT_TRUE(terminal.WaitFor("UNREACHABLE for")) << terminal.Screen();
  EXPECT_TRUE(terminal.WaitFor("below is what it said last"));
  EXPECT_TRUE(terminal.WaitFor("nobody listens there")) << terminal.Screen();
  StartGreeter({"--admin", admin});
  EXPECT_TRUE(terminal.WaitForNo("UNREACHABLE"));
  EXPECT_TRUE(terminal.WaitFor("connected"));
  terminal.Press("q");
}

// One that is stopped by a signal is as silent as one that nobody connects to.
TEST_F(TerminalTest, WatchTellsASilentServerFromAnIdleOne) {
  Greeter& greeter = StartGreeter();
  Terminal& terminal = OpenTerminal(greeter);
  terminal.Run("greeterctl status --watch");
  ASSERT_TRUE(terminal.WaitFor("  ···")) << terminal.Screen();
  EXPECT_THAT(terminal.Screen(), HasSubstr("connected"));
  greeter.Signal(SIGSTOP);
  EXPECT_TRUE(terminal.WaitFor("UNREACHABLE for")) << terminal.Screen();
  EXPECT_THAT(terminal.Screen(), HasSubstr("no answer from greeterd at " + greeter.admin()));
  greeter.Signal(SIGCONT);
  EXPECT_TRUE(terminal.WaitFor("connected")) << terminal.Screen();
  terminal.Press("q");
}

TEST_F(TerminalTest, WatchOfSeveralServersNamesEach) {
  Greeter& one = StartGreeter();
  Greeter& other = StartGreeter();
  Terminal& terminal = OpenTerminal(one);
  terminal.Run(
      absl::StrCat("greeterctl status --watch --server ", one.admin(), ",", other.admin()));
  EXPECT_TRUE(terminal.WaitFor(one.admin() + "  connected"));
  EXPECT_TRUE(terminal.WaitFor(other.admin() + "  connected"));
  other.Stop();
  EXPECT_TRUE(terminal.WaitFor(other.admin() + "  UNREACHABLE"));
  EXPECT_THAT(terminal.Screen(), HasSubstr(one.admin() + "  connected"));
  terminal.Press("q");
}

TEST_F(TerminalTest, WhatTakesLongHasABar) {
  Greeter& greeter = StartGreeter();
  Terminal& terminal = OpenTerminal(greeter);
  greeter.Signal(SIGSTOP);
  terminal.Run("greeterctl counts --timeout 30s; echo end=$?");
  EXPECT_TRUE(terminal.WaitFor(absl::StrCat("s of 30s, waiting for ", greeter.admin(), "\n")))
      << terminal.Screen();
  greeter.Signal(SIGCONT);
  EXPECT_TRUE(terminal.WaitFor("end=0"));
  EXPECT_THAT(terminal.Screen(), AllOf(HasSubstr("COMPLETED"), Not(HasSubstr("waiting for"))));
}

}  // namespace
}  // namespace greeter::testing
