#include "admin_cli/terminal/progress.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "admin_cli/terminal/screen_size.h"
#include "admin_cli/terminal/text_width.h"

namespace greeter::admin_cli {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(1);
constexpr absl::Duration kFrame = absl::Milliseconds(100);
constexpr int kBarWidth = 20;

// To the line's start, and clear it.
constexpr char kClear[] = "\r\x1b[K";

}  // namespace

HowFar Waiting(const std::string& what, absl::Duration elapsed, absl::Duration bound) {
  const std::string of =
      elapsed <= bound ? absl::StrCat(" of ", absl::FormatDuration(bound)) : std::string();
  return {absl::FDivDuration(elapsed, bound),
          absl::StrCat(absl::ToInt64Seconds(elapsed), "s", of, ", waiting for ", what)};
}

std::string RenderProgress(const HowFar& how_far, size_t columns, const Look& look) {
  const int full = static_cast<int>(std::clamp(how_far.portion, 0.0, 1.0) * kBarWidth);
  std::string line;
  for (int i = 0; i < kBarWidth; ++i) {
    line += look.utf8 ? (i < full ? "━" : "╌") : (i < full ? "#" : "-");
  }
  return CutTo(absl::StrCat(line, "  ", how_far.words), columns);
}

Progress::Progress(std::ostream& err, int err_fd, const Look& look,
                   std::function<HowFar(absl::Duration elapsed)> how_far)
    : err_(err), err_fd_(err_fd), look_(look), how_far_(std::move(how_far)), start_(absl::Now()) {
  if (look.draws) thread_ = std::thread([this] { Run(); });
}

Progress::~Progress() {
  done_.Notify();
  if (thread_.joinable()) thread_.join();
}

void Progress::Run() {
  if (done_.WaitForNotificationWithTimeout(kPatience)) return;
  do {
    // In the last column a terminal would be about to begin the next line.
    err_ << kClear
         << RenderProgress(how_far_(absl::Now() - start_), SizeOf(err_fd_).columns - 1, look_)
         << std::flush;
  } while (!done_.WaitForNotificationWithTimeout(kFrame));
  err_ << kClear << std::flush;
}

}  // namespace greeter::admin_cli
