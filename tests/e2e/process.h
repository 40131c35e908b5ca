// A program that a test runs: its exit, its output, its signals.
//
// Owned by one thread. It dies with the test, and never later than its Process.

#ifndef GREETER_TESTS_E2E_PROCESS_H_
#define GREETER_TESTS_E2E_PROCESS_H_

#include <sys/types.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace greeter::testing {

// How long anything may take that is to happen soon, a sanitizer's build and a busy machine
// included.
inline constexpr absl::Duration kPatience = absl::Seconds(30);

struct Command {
  // The program (a path, or a name to be found in PATH) and its arguments.
  std::vector<std::string> arguments;
  // Added to the test's own environment, of which no GREETER_… is passed on.
  std::map<std::string, std::string> environment = {};
  // Standard input.
  std::string input = {};
  // Run as uid and gid 65534 without capabilities. Where the test itself is not root, as it is.
  bool ordinary_user = false;
  // What it gets as descriptors 3, 4, …; the test's own stay open.
  std::vector<int> descriptors = {};
};

struct Finished {
  // The exit code; -N after signal N; -1000 if it did not end and was killed.
  int code = 0;
  std::string out;
  std::string err;
  // From the start; for Greeter::Stop(), from the signal.
  absl::Duration took;
};

std::ostream& operator<<(std::ostream& out, const Finished& finished);

class Process {
 public:
  // Starts it. A program that can't be started exits with 127.
  explicit Process(const Command& command);
  // Kills it if it still runs.
  ~Process();

  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const;

  // What it has written so far.
  std::string out() const { return out_->text(); }
  std::string err() const { return err_->text(); }
  // Waits until its standard output (or error) contains `text`; false when it has ended, or
  // kPatience is over, before.
  bool WaitForOut(absl::string_view text) { return out_->WaitFor(text); }
  bool WaitForErr(absl::string_view text) { return err_->WaitFor(text); }

  // Waits for its end and that of its output, and kills it when `patience` is over.
  Finished Wait(absl::Duration patience = kPatience);

 private:
  // Reads a pipe to its end in a thread of its own, so that the program never waits for us.
  class Output {
   public:
    explicit Output(int fd);
    ~Output();

    std::string text() const;
    bool WaitFor(absl::string_view text);
    void WaitForEnd();

   private:
    void Read();

    // Constant after construction.
    const int fd_;

    // Guarded by mutex_.
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::string text_;
    bool ended_ = false;

    std::thread thread_;
  };

  // Owned by the caller's thread.
  pid_t pid_ = -1;
  int pidfd_ = -1;
  bool reaped_ = false;
  absl::Time started_;
  std::unique_ptr<Output> out_;
  std::unique_ptr<Output> err_;
};

// Runs it to its end.
Finished RunProgram(const Command& command);

}  // namespace greeter::testing

#endif  // GREETER_TESTS_E2E_PROCESS_H_
