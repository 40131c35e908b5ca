// A bar for what takes longer than a second.

#ifndef GREETER_ADMIN_CLI_TERMINAL_PROGRESS_H_
#define GREETER_ADMIN_CLI_TERMINAL_PROGRESS_H_

#include <atomic>
#include <cstddef>
#include <ostream>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "admin_cli/terminal/look.h"

namespace greeter::admin_cli {

// One line of the bar: what is waited for, how much of the time is used up.
std::string RenderProgress(const std::string& what, absl::Duration elapsed, absl::Duration bound,
                           const Look& look);

// Draws on `err`, if that is a terminal, from a second after its construction on, and leaves
// nothing behind. Meanwhile nobody else writes there. Owned by one thread; Answered() from any.
class Progress {
 public:
  // Of `parts` answers from `what`, which may take `bound`.
  Progress(std::ostream& err, const Look& look, std::string what, size_t parts,
           absl::Duration bound);
  ~Progress();

  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Answered() { ++answered_; }

 private:
  void Run();

  // Constant after construction.
  std::ostream& err_;
  const Look look_;
  const std::string what_;
  const size_t parts_;
  const absl::Duration bound_;
  const absl::Time start_;

  // Atomic.
  std::atomic<size_t> answered_ = 0;
  absl::Notification done_;

  std::thread thread_;
};

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_TERMINAL_PROGRESS_H_
