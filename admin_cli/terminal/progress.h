// A bar for what takes longer than a second.

#ifndef GREETER_ADMIN_CLI_TERMINAL_PROGRESS_H_
#define GREETER_ADMIN_CLI_TERMINAL_PROGRESS_H_

#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "admin_cli/terminal/look.h"

namespace greeter::admin_cli {

// How far something has come.
struct HowFar {
  // From 0 to 1.
  double portion = 0;
  // What matters most comes first: it may be cut.
  std::string words;
};

// Of calls of which each ends at the latest after `bound`: one, or some in turn, which take longer.
HowFar Waiting(const std::string& what, absl::Duration elapsed, absl::Duration bound);

// One line of at most `columns`: a bar, then the words.
std::string RenderProgress(const HowFar& how_far, size_t columns, const Look& look);

// Draws on `err`, if it can be drawn on, from a second after its construction on, and leaves
// nothing behind. Meanwhile nobody else writes there. Owned by one thread.
class Progress {
 public:
  // `err_fd` is the terminal that `err` writes to. `how_far` is told the time since the
  // construction, on a thread of Progress.
  Progress(std::ostream& err, int err_fd, const Look& look,
           std::function<HowFar(absl::Duration elapsed)> how_far);
  ~Progress();

  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void Run();

  // Constant after construction.
  std::ostream& err_;
  const int err_fd_;
  const Look look_;
  const std::function<HowFar(absl::Duration elapsed)> how_far_;
  const absl::Time start_;

  absl::Notification done_;
  std::thread thread_;
};

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_TERMINAL_PROGRESS_H_
