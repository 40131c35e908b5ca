#include "admin_cli/watch/loops.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "admin_cli/client/exit_code.h"
#include "admin_cli/terminal/readable.h"
#include "admin_cli/views/render.h"

namespace greeter::admin_cli {
namespace {

// How often the picture's clock and rates are brought up to date.
constexpr int kTickMs = 250;

// SIGINT also for what is no signalfd.
int SignalFrom(int fd) {
  signalfd_siginfo info = {};
  return read(fd, &info, sizeof(info)) == sizeof(info) ? static_cast<int>(info.ssi_signo) : SIGINT;
}

}  // namespace

std::vector<std::string> Fit(std::vector<std::string> lines, const ScreenSize& size,
                             const std::string& how_to_end, absl::Time now, const Look& look) {
  if (lines.size() + 1 > size.rows) {
    const size_t hidden = lines.size() + 2 - size.rows;
    lines.resize(size.rows > 2 ? size.rows - 2 : 0);
    lines.push_back(look.Paint(Hue::kDim, absl::StrCat("(", hidden, " more lines)")));
  }
  lines.push_back(look.Paint(Hue::kDim, absl::StrCat(Utc(now), "  ", how_to_end)));
  return lines;
}

int FailWatch(const absl::Status& status, Console& console) {
  console.err << console.err_look.Paint(Hue::kRed, "greeterctl:") << " "
              << Printable(std::string(status.message())) << "\n";
  return ExitCodeFor(status);
}

int WatchOnScreen(const Watching& watching, Console& console) {
  absl::Status end;
  {
    Screen screen(console.out, STDOUT_FILENO, STDIN_FILENO);
    const std::string how = screen.keys_fd() < 0 ? "Ctrl-C ends" : "q or Ctrl-C ends";
    bool going_on = true;
    while (going_on) {
      const absl::Time now = absl::Now();
      const ScreenSize size = screen.size();
      if (!screen.Draw(Fit(watching.picture(size, now), size, how, now, console.out_look))) break;
      pollfd fds[] = {{console.interrupt_fd, POLLIN, 0},
                      {screen.keys_fd(), POLLIN, 0},
                      {watching.news_fd, POLLIN, 0}};
      poll(fds, 3, kTickMs);
      if (fds[0].revents != 0) {
        const int signal = SignalFrom(console.interrupt_fd);
        if (signal == SIGTSTP) screen.Suspend();
        // A resize is drawn at once.
        going_on = signal == SIGTSTP || signal == SIGCONT || signal == SIGWINCH;
      }
      char key = 0;
      if (fds[1].revents != 0 && (read(screen.keys_fd(), &key, 1) <= 0 || key == 'q')) break;
      end = watching.take();
      going_on = going_on && end.ok();
    }
  }
  // Below what the terminal showed before.
  return end.ok() ? kOk : FailWatch(end, console);
}

int WatchInLines(const Watching& watching, Console& console) {
  while (true) {
    pollfd fds[] = {{console.interrupt_fd, POLLIN, 0},
                    {watching.news_fd, POLLIN, 0},
                    {STDOUT_FILENO, /*events=*/0, 0}};
    poll(fds, 3, -1);
    if (fds[0].revents != 0) {
      const int signal = SignalFrom(console.interrupt_fd);
      if (signal == SIGTSTP) raise(SIGSTOP);
      if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) return kOk;
    }
    // A pipe's reader has gone, and may not be told of anything for long.
    if ((fds[2].revents & POLLERR) != 0) return kOk;
    if (absl::Status end = watching.take(); !end.ok()) return FailWatch(end, console);
    // Nobody reads on once standard output fails.
    if (!console.out.flush()) return kOk;
  }
}

}  // namespace greeter::admin_cli
