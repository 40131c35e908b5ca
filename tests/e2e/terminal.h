// A terminal with a shell in it, as an operator has one: a tmux of the test's own.
//
// Owned by one thread. It ends with the test, and never later than its Terminal.

#ifndef GREETER_TESTS_E2E_TERMINAL_H_
#define GREETER_TESTS_E2E_TERMINAL_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "e2e/process.h"

namespace greeter::testing {

class Terminal {
 public:
  // 100 columns and 24 rows, UTF-8, with `shell` in it and greeterctl in its PATH. `directory` is
  // for the terminal's socket, and the shell's home.
  Terminal(const std::string& directory, const std::vector<std::string>& shell,
           const std::map<std::string, std::string>& environment);
  ~Terminal();

  // Types text; a key by tmux's name: "Enter", "Tab", "C-c".
  void Type(const std::string& text) const;
  void Press(const std::string& key) const;
  // Types a line and ends it.
  void Run(const std::string& line) const;
  void Resize(int columns, int rows) const;

  // What is to be seen: text alone, or with colours as escape sequences.
  std::string Screen() const { return Capture({}); }
  std::string ColouredScreen() const { return Capture({"-e"}); }
  // Waits until the screen contains `text`, or no longer does; false when kPatience is over before.
  bool WaitFor(absl::string_view text) const;
  bool WaitForNo(absl::string_view text) const;

 private:
  std::string Capture(const std::vector<std::string>& options) const;
  Finished Tmux(const std::vector<std::string>& arguments) const;

  // Constant after construction.
  const std::string socket_;
  const std::map<std::string, std::string> environment_;
  std::unique_ptr<Process> server_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_E2E_TERMINAL_H_
