// The completion of greeterctl's command lines in the shells themselves.

#include <csignal>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "e2e/greeter_fixture.h"
#include "e2e/terminal.h"
#include "gmock/gmock.h"

namespace greeter::testing {
namespace {

struct Shell {
  const char* name;
  std::vector<std::string> command;
  // Makes it complete.
  const char* setup;
};

std::ostream& operator<<(std::ostream& out, const Shell& shell) { return out << shell.name; }

class CompletionTest : public GreeterTest, public ::testing::WithParamInterface<Shell> {
 protected:
  CompletionTest() {
    WriteFile("greeter-canary.yaml", R"(listeners:
  - {name: default, address: "127.0.1.1:0", greeting: {text: a}}
  - {name: canary-east, address: "127.0.1.1:0", greeting: {text: b}}
)");
    greeter_ = &StartGreeter({"--config", Path("greeter-canary.yaml")});
    terminal_ = std::make_unique<Terminal>(
        Path(""), GetParam().command,
        std::map<std::string, std::string>{{"GREETER_SERVER", greeter_->admin()},
                                           // No message, no question at its start.
                                           {"fish_greeting", ""}});
    Await("$");
    terminal_->Run(absl::StrCat("cd ", Path("")));
    terminal_->Run(GetParam().setup);
    terminal_->Run("clear; echo rea''dy");
    Await("ready");
  }

  // Types the beginning of a line, has it completed, and expects the whole of it; then drops it.
  void ExpectCompleted(const std::string& typed, const std::string& whole) {
    terminal_->Type(typed);
    terminal_->Press("Tab");
    Await(whole);
    terminal_->Press("C-c");
    terminal_->Run("clear; echo aga''in");
    Await("again");
  }

  // Has a line completed, which stays as it is, and is the only new one.
  void ExpectNothingCompleted(const std::string& typed) {
    terminal_->Type(typed);
    terminal_->Press("Tab");
    // The shell takes these once it is done.
    terminal_->Type("XX");
    Await(typed + "XX");
    EXPECT_THAT(std::string(absl::StripAsciiWhitespace(terminal_->Screen())),
                ::testing::MatchesRegex(absl::StrCat("(ready|again)\n[^\n]*", typed, "XX")));
    terminal_->Press("C-c");
    terminal_->Run("clear; echo aga''in");
    Await("again");
  }

  void Await(const std::string& text) const {
    EXPECT_TRUE(terminal_->WaitFor(text)) << text << "\n" << terminal_->Screen();
  }

  Greeter* greeter_ = nullptr;
  std::unique_ptr<Terminal> terminal_;
};

TEST_P(CompletionTest, CommandsOptionsValuesListenersAndFiles) {
  ExpectCompleted("greeterctl stat", "greeterctl status");
  ExpectCompleted("greeterctl message s", "greeterctl message set");
  ExpectCompleted("greeterctl message set --endi", "greeterctl message set --ending");
  ExpectCompleted("greeterctl message set --ending cr", "--ending crlf");
  ExpectCompleted("greeterctl message set Hi --wait fl", "--wait fleet");
  ExpectCompleted("greeterctl fleet --wa", "greeterctl fleet --watch");
  ExpectCompleted("greeterctl fleet in", "greeterctl fleet init");
  ExpectCompleted("greeterctl fleet init --etcd-us", "greeterctl fleet init --etcd-user");
  ExpectCompleted("greeterctl stop -l can", "greeterctl stop -l canary-east");
  ExpectCompleted("greeterctl stop --listener=can", "greeterctl stop --listener=canary-east");
  ExpectCompleted("greeterctl config diff -f greeter-c", "-f greeter-canary.yaml");
}

TEST_P(CompletionTest, AServerThatIsNotThereDelaysAndSaysNothing) {
  ExpectNothingCompleted("greeterctl --server 127.0.1.1:1 stop -l can");
}

TEST_P(CompletionTest, ASilentServerIsNotWaitedForLong) {
  greeter_->Signal(SIGSTOP);
  const absl::Time begin = absl::Now();
  ExpectNothingCompleted("greeterctl stop -l can");
  // A command would wait for ten seconds.
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
  greeter_->Signal(SIGCONT);
  ExpectCompleted("greeterctl stop -l can", "greeterctl stop -l canary-east");
}

INSTANTIATE_TEST_SUITE_P(
    Shells, CompletionTest,
    ::testing::Values(
        Shell{"bash",
              {"bash", "--norc", "--noprofile", "-i"},
              "source <(greeterctl completion bash)"},
        Shell{"zsh",
              {"zsh", "-f", "-i"},
              "autoload -U compinit && compinit -u -D; source <(greeterctl completion zsh)"},
        Shell{"fish",
              {"fish", "--no-config", "-i", "-C", "function fish_prompt; echo '$ '; end"},
              "greeterctl completion fish | source"}),
    [](const auto& shell) { return std::string(shell.param.name); });

}  // namespace
}  // namespace greeter::testing
