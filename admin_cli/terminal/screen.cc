#include "admin_cli/terminal/screen.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "absl/strings/str_cat.h"
#include "admin_cli/terminal/text_width.h"

namespace greeter::admin_cli {
namespace {

// Alternate screen and no cursor; and back.
constexpr char kEnter[] = "\x1b[?1049h\x1b[?25l";
constexpr char kLeave[] = "\x1b[?25h\x1b[?1049l";
// To the top left; clear to the end of the line, or of the screen.
constexpr char kHome[] = "\x1b[H";
constexpr char kClearLine[] = "\x1b[K";
constexpr char kClearBelow[] = "\x1b[J";

}  // namespace

Screen::Screen(std::ostream& out, int out_fd, int keys_fd)
    : out_(out), out_fd_(out_fd), keys_fd_(keys_fd) {
  termios settings = {};
  if (tcgetattr(keys_fd_, &settings) == 0) saved_ = settings;
  Enter();
}

Screen::~Screen() { Leave(); }

void Screen::Enter() {
  if (saved_) {
    termios settings = *saved_;
    settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    tcsetattr(keys_fd_, TCSANOW, &settings);
  }
  out_ << kEnter << std::flush;
}

void Screen::Leave() {
  out_ << kLeave << std::flush;
  if (saved_) tcsetattr(keys_fd_, TCSANOW, &*saved_);
}

bool Screen::Draw(const std::vector<std::string>& lines) {
  const ScreenSize now = size();
  std::string frame = kHome;
  const size_t shown = std::min(lines.size(), now.rows);
  for (size_t i = 0; i < shown; ++i) {
    const std::string line = CutTo(lines[i], now.columns);
    // After the last column the cursor still stands on it, so that clearing would clear what was
    // just written.
    absl::StrAppend(&frame, line, WidthOf(line) < now.columns ? kClearLine : "");
    // A line feed after the last row would scroll.
    if (i + 1 < now.rows) absl::StrAppend(&frame, "\r\n");
  }
  if (shown < now.rows) absl::StrAppend(&frame, kClearBelow);
  // In one piece, so that no half of it is seen.
  out_ << frame << std::flush;
  return static_cast<bool>(out_);
}

void Screen::Suspend() {
  Leave();
  raise(SIGSTOP);
  Enter();
}

}  // namespace greeter::admin_cli
