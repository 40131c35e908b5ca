#include "e2e/process.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace greeter::testing {
namespace {

constexpr uid_t kNobody = 65534;
constexpr int kNotStarted = 127;
constexpr int kKilled = -1000;
// Of the first descriptor beyond the standard streams, and one beyond those that a program is
// given.
constexpr int kFirstGiven = 3;
constexpr int kBeyondGiven = 64;

std::string FindProgram(const std::string& name) {
  if (absl::StrContains(name, '/')) return name;
  const char* const path = getenv("PATH");
  for (const absl::string_view directory :
       absl::StrSplit(path != nullptr ? path : "/usr/bin:/bin", ':')) {
    const std::string file = absl::StrCat(directory, "/", name);
    if (access(file.c_str(), X_OK) == 0) return file;
  }
  return name;
}

std::vector<std::string> Environment(const Command& command) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::string name = text.substr(0, text.find('='));
    if (absl::StartsWith(name, "GREETER_") || command.environment.count(name) != 0) continue;
    all.push_back(text);
  }
  for (const auto& [name, value] : command.environment)
    all.push_back(absl::StrCat(name, "=", value));
  return all;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A file that is gone already, with the bytes to read.
int InputFile(const std::string& bytes) {
  FILE* const file = tmpfile();
  fwrite(bytes.data(), 1, bytes.size(), file);
  rewind(file);
  const int fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);
  fclose(file);
  return fd;
}

// The same where nothing that is given to the program will be.
int OutOfTheWay(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, kBeyondGiven); }

bool Give(const std::vector<int>& descriptors) {
  int number = kFirstGiven;
  for (const int fd : descriptors) {
    if (dup2(fd, number++) < 0) return false;
  }
  return true;
}

bool BecomeOrdinaryUser() {
  return geteuid() != 0 ||
         (setgroups(0, nullptr) == 0 && setresgid(kNobody, kNobody, kNobody) == 0 &&
          setresuid(kNobody, kNobody, kNobody) == 0);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Finished& finished) {
  return out << "exit code " << finished.code << " after " << finished.took << "\nstdout:\n"
             << finished.out << "stderr:\n"
             << finished.err;
}

Process::Output::Output(int fd) : fd_(fd), thread_([this] { Read(); }) {}

Process::Output::~Output() {
  thread_.join();
  close(fd_);
}

void Process::Output::Read() {
  char buffer[4096];
  for (;;) {
    const ssize_t size = read(fd_, buffer, sizeof(buffer));
    if (size < 0 && errno == EINTR) continue;
    const std::lock_guard lock(mutex_);
    if (size > 0) text_.append(buffer, static_cast<size_t>(size));
    ended_ = size <= 0;
    changed_.notify_all();
    if (ended_) return;
  }
}

std::string Process::Output::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

bool Process::Output::WaitFor(absl::string_view text) {
  std::unique_lock lock(mutex_);
  const auto found = [&] { return absl::StrContains(text_, text); };
  changed_.wait_for(lock, absl::ToChronoSeconds(kPatience), [&] { return ended_ || found(); });
  return found();
}

void Process::Output::WaitForEnd() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoSeconds(kPatience), [&] { return ended_; });
}

Process::Process(const Command& command) : started_(absl::Now()) {
  // Everything that allocates happens before the fork: other threads may hold the allocator's lock.
  std::vector<std::string> arguments = command.arguments;
  std::vector<std::string> environment = Environment(command);
  const std::vector<char*> argv = Pointers(arguments);
  const std::vector<char*> envp = Pointers(environment);
  // Opened before the user changes, who may not be let into the build directory.
  const std::string file = FindProgram(arguments.front());
  const int opened = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const int program = OutOfTheWay(opened);
  close(opened);
  std::vector<int> descriptors;
  for (const int fd : command.descriptors) descriptors.push_back(OutOfTheWay(fd));
  const int input = InputFile(command.input);
  int out[2] = {-1, -1};
  int err[2] = {-1, -1};
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) abort();

  pid_ = fork();
  if (pid_ == 0) {
    const bool ready = dup2(input, STDIN_FILENO) >= 0 && dup2(out[1], STDOUT_FILENO) >= 0 &&
                       dup2(err[1], STDERR_FILENO) >= 0 && Give(descriptors) &&
                       (!command.ordinary_user || BecomeOrdinaryUser()) &&
                       prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
    if (ready) {
      // Scripts are run by an interpreter, which opens them by name.
      fexecve(program, argv.data(), envp.data());
      execve(file.c_str(), argv.data(), envp.data());
    }
    _exit(kNotStarted);
  }
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  close(out[1]);
  close(err[1]);
  close(input);
  for (const int fd : descriptors) close(fd);
  if (program >= 0) close(program);
  out_ = std::make_unique<Output>(out[0]);
  err_ = std::make_unique<Output>(err[0]);
}

Process::~Process() {
  if (!reaped_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(pidfd_);
}

void Process::Signal(int signal) const {
  if (!reaped_) kill(pid_, signal);
}

Finished Process::Wait(absl::Duration patience) {
  pollfd end = {pidfd_, POLLIN, 0};
  const bool ended = poll(&end, 1, static_cast<int>(absl::ToInt64Milliseconds(patience))) == 1;
  if (!ended) kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  reaped_ = true;
  const absl::Duration took = absl::Now() - started_;
  out_->WaitForEnd();
  err_->WaitForEnd();
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return {ended ? code : kKilled, out(), err(), took};
}

Finished RunProgram(const Command& command) { return Process(command).Wait(); }

}  // namespace greeter::testing
