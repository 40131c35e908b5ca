#include "admin_cli/watch/watch.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "admin_cli/client/exit_code.h"
#include "admin_cli/terminal/screen.h"
#include "admin_cli/views/documents.h"
#include "admin_cli/views/render.h"
#include "admin_cli/watch/change_lines.h"
#include "admin_cli/watch/feed.h"
#include "admin_cli/watch/live_view.h"

namespace greeter::admin_cli {
namespace {

// How often the picture's clock and rates are brought up to date.
constexpr int kTickMs = 250;

// SIGINT also for what is no signalfd.
int SignalFrom(int fd) {
  signalfd_siginfo info = {};
  return read(fd, &info, sizeof(info)) == sizeof(info) ? static_cast<int>(info.ssi_signo) : SIGINT;
}

// Which servers can still be watched.
class Watched {
 public:
  explicit Watched(size_t servers) : errors_(servers, absl::OkStatus()) {}

  void Add(const Report& report) {
    errors_[report.server] = report.status.ok() ? absl::OkStatus() : report.status.status();
    reached_ = reached_ || report.status.ok();
    lasting_ += report.last ? 1 : 0;
  }

  // Why the watch is over: no server can be watched any more, or none ever could; else OK.
  absl::Status End() const {
    const bool all_fail =
        std::none_of(errors_.begin(), errors_.end(), [](const auto& e) { return e.ok(); });
    return all_fail && (!reached_ || lasting_ == errors_.size()) ? errors_.front()
                                                                 : absl::OkStatus();
  }

 private:
  // Of each server's last report.
  std::vector<absl::Status> errors_;
  bool reached_ = false;
  size_t lasting_ = 0;
};

int Fail(const absl::Status& status, Console& console) {
  console.err << console.err_look.Paint(Hue::kRed, "greeterctl:") << " "
              << Printable(std::string(status.message())) << "\n";
  return ExitCodeFor(status);
}

int WatchOnScreen(const CommandLine& line, Feed& feed, Console& console) {
  LiveView view(line.servers, console.out_look);
  Watched watched(line.servers.size());
  absl::Status end;
  {
    Screen screen(console.out, STDOUT_FILENO, STDIN_FILENO);
    const std::string how = screen.keys_fd() < 0 ? "Ctrl-C ends" : "q or Ctrl-C ends";
    bool going_on = true;
    while (going_on) {
      view.Tick(absl::Now());
      if (!screen.Draw(view.Lines(screen.size(), how, absl::Now()))) break;
      pollfd fds[] = {
          {console.interrupt_fd, POLLIN, 0}, {screen.keys_fd(), POLLIN, 0}, {feed.fd(), POLLIN, 0}};
      poll(fds, 3, kTickMs);
      if (fds[0].revents != 0) {
        const int signal = SignalFrom(console.interrupt_fd);
        if (signal == SIGTSTP) screen.Suspend();
        // A resize is drawn at once.
        going_on = signal == SIGTSTP || signal == SIGCONT || signal == SIGWINCH;
      }
      char key = 0;
      if (fds[1].revents != 0 && (read(screen.keys_fd(), &key, 1) <= 0 || key == 'q')) break;
      for (const Report& report : feed.Take()) {
        view.Add(report);
        watched.Add(report);
      }
      end = watched.End();
      going_on = going_on && end.ok();
    }
  }
  // Below what the terminal showed before.
  return end.ok() ? kOk : Fail(end, console);
}

// One report, or nothing, for what is no terminal.
void Print(const Report& report, const CommandLine& line, ChangeLines& lines, Console& console) {
  if (line.output == Output::kTable) {
    console.out << lines.Of(report);
    return;
  }
  const bool several = line.servers.size() > 1;
  if (!report.status.ok() && !several) {
    if (!report.last) {
      console.err << "greeterctl: " << Printable(std::string(report.status.status().message()))
                  << "; trying again\n";
    }
    return;
  }
  api::WatchStatusResponse update;
  if (report.status.ok()) *update.mutable_status() = *report.status;
  console.out << RenderInStream(
      line.output,
      {line.servers[report.server], report.status.ok() ? &update : nullptr, report.status.status()},
      several);
}

int WatchInLines(const CommandLine& line, Feed& feed, Console& console) {
  ChangeLines lines(line.servers);
  Watched watched(line.servers.size());
  while (true) {
    pollfd fds[] = {{console.interrupt_fd, POLLIN, 0}, {feed.fd(), POLLIN, 0}};
    poll(fds, 2, -1);
    if (fds[0].revents != 0) {
      const int signal = SignalFrom(console.interrupt_fd);
      if (signal == SIGTSTP) raise(SIGSTOP);
      if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) return kOk;
    }
    for (const Report& report : feed.Take()) {
      watched.Add(report);
      if (absl::Status end = watched.End(); !end.ok()) return Fail(end, console);
      Print(report, line, lines, console);
    }
    // Nobody reads on once standard output fails.
    if (!console.out.flush()) return kOk;
  }
}

}  // namespace

int Watch(const StatusCommand& command, const CommandLine& line, const std::optional<Tls>& tls,
          Console& console) {
  if (absl::Status s = CheckUtf8("--listener", command.listener); !s.ok()) return Fail(s, console);
  Feed feed(line.servers, command.listener, line.timeout, tls);
  return console.out_look.draws && line.output == Output::kTable
             ? WatchOnScreen(line, feed, console)
             : WatchInLines(line, feed, console);
}

}  // namespace greeter::admin_cli
