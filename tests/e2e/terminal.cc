#include "e2e/terminal.h"

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "e2e/greeter_fixture.h"

namespace greeter::testing {
namespace {

std::map<std::string, std::string> WithHome(const std::string& directory,
                                            std::map<std::string, std::string> environment) {
  const std::string program = GREETERCTL;
  environment.insert(
      {{"HOME", directory},
       {"LC_ALL", "C.UTF-8"},
       {"PATH", absl::StrCat(program.substr(0, program.rfind('/')), ":", getenv("PATH"))},
       {"PS1", "$ "},
       {"TERM", "screen-256color"}});
  return environment;
}

}  // namespace

Terminal::Terminal(const std::string& directory, const std::vector<std::string>& shell,
                   const std::map<std::string, std::string>& environment)
    : socket_(directory + "/tmux"), environment_(WithHome(directory, environment)) {
  // In the foreground, so that it dies with the test.
  server_ = std::make_unique<Process>(
      Command{{"tmux", "-S", socket_, "-f", "/dev/null", "-u", "-D"}, environment_});
  std::vector<std::string> session = {"new-session", "-d", "-x", "100", "-y", "24", "env"};
  for (const auto& [name, value] : environment_) session.push_back(absl::StrCat(name, "=", value));
  session.insert(session.end(), shell.begin(), shell.end());
  const bool started = WaitUntil([&] { return Tmux(session).code == 0; });
  EXPECT_TRUE(started) << "no tmux; deploy/dependencies install test";
}

Terminal::~Terminal() { Tmux({"kill-server"}); }

Finished Terminal::Tmux(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all = {"tmux", "-S", socket_, "-u"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return RunProgram({all, environment_});
}

void Terminal::Type(const std::string& text) const { Tmux({"send-keys", "-l", text}); }

void Terminal::Press(const std::string& key) const { Tmux({"send-keys", key}); }

void Terminal::Run(const std::string& line) const {
  Type(line);
  Press("Enter");
}

void Terminal::Resize(int columns, int rows) const {
  Tmux({"resize-window", "-x", absl::StrCat(columns), "-y", absl::StrCat(rows)});
}

std::string Terminal::Capture(const std::vector<std::string>& options) const {
  std::vector<std::string> arguments = {"capture-pane", "-p"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return Tmux(arguments).out;
}

bool Terminal::WaitFor(absl::string_view text) const {
  return WaitUntil([&] { return absl::StrContains(Screen(), text); });
}

bool Terminal::WaitForNo(absl::string_view text) const {
  return WaitUntil([&] { return !absl::StrContains(Screen(), text); });
}

}  // namespace greeter::testing
