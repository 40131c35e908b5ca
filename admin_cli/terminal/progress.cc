#include "admin_cli/terminal/progress.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace greeter::admin_cli {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(1);
constexpr absl::Duration kFrame = absl::Milliseconds(100);
constexpr int kBarWidth = 20;

// To the line's start, and clear it.
constexpr char kClear[] = "\r\x1b[K";

}  // namespace

std::string RenderProgress(const std::string& what, absl::Duration elapsed, absl::Duration bound,
                           const Look& look) {
  const double share = std::min(1.0, absl::FDivDuration(elapsed, bound));
  const int full = static_cast<int>(share * kBarWidth);
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i) {
    bar += look.utf8 ? (i < full ? "━" : "╌") : (i < full ? "#" : "-");
  }
  return absl::StrCat("waiting for ", what, "  ", bar, "  ", absl::ToInt64Seconds(elapsed), "s of ",
                      absl::FormatDuration(bound));
}

Progress::Progress(std::ostream& err, const Look& look, std::string what, size_t parts,
                   absl::Duration bound)
    : err_(err),
      look_(look),
      what_(std::move(what)),
      parts_(parts),
      bound_(bound),
      start_(absl::Now()) {
  if (look.is_terminal) thread_ = std::thread([this] { Run(); });
}

Progress::~Progress() {
  done_.Notify();
  if (thread_.joinable()) thread_.join();
}

void Progress::Run() {
  if (done_.WaitForNotificationWithTimeout(kPatience)) return;
  do {
    const std::string what =
        parts_ == 1 ? what_ : absl::StrCat(parts_ - answered_, " of ", parts_, " ", what_);
    err_ << kClear << RenderProgress(what, absl::Now() - start_, bound_, look_) << std::flush;
  } while (!done_.WaitForNotificationWithTimeout(kFrame));
  err_ << kClear << std::flush;
}

}  // namespace greeter::admin_cli
