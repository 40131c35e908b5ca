// What is drawn of a probe.

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "admin_cli/terminal/readable.h"
#include "admin_cli/views/probe_text.h"

namespace greeter::admin_cli {
namespace {

constexpr size_t kWidestBar = 50;
constexpr size_t kNarrowestBar = 16;
// What stands before the bars.
constexpr size_t kClassWidth = 24;

// `portion` of `width`: in eighths of a character, where there are such characters.
std::string Bar(double portion, size_t width, bool utf8) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  // What is more than nothing shows.
  const auto eighths =
      std::max<size_t>(portion > 0 ? 1 : 0,
                       static_cast<size_t>(std::lround(portion * static_cast<double>(width * 8))));
  if (!utf8) return std::string((eighths + 7) / 8, '#');
  std::string bar;
  for (size_t i = 0; i < eighths / 8; ++i) bar += "█";
  return bar + kEighths[eighths % 8];
}

// 1, 2, 5, 10, 20, … from the first that is not below the shortest to the first that is not below
// the longest.
std::vector<absl::Duration> Bounds(const probe::Histogram& histogram) {
  std::vector<absl::Duration> bounds;
  absl::Duration decade = absl::Microseconds(1);
  const absl::Duration shortest = histogram.Percentile(0);
  for (;; decade *= 10) {
    for (const int step : {1, 2, 5}) {
      const absl::Duration bound = decade * step;
      if (bound < shortest) continue;
      bounds.push_back(bound);
      if (bound >= histogram.max()) return bounds;
    }
  }
}

}  // namespace

std::string RenderHistogram(const probe::Histogram& histogram, size_t columns, const Look& look) {
  if (histogram.count() == 0) return "";
  const std::vector<absl::Duration> bounds = Bounds(histogram);
  std::vector<uint64_t> counts;
  uint64_t below = 0;
  uint64_t most = 1;
  for (const absl::Duration bound : bounds) {
    const uint64_t up_to = bound == bounds.back() ? histogram.count() : histogram.CountUpTo(bound);
    counts.push_back(up_to - below);
    most = std::max(most, up_to - below);
    below = up_to;
  }
  const size_t width =
      std::clamp(columns - std::min(columns, kClassWidth), kNarrowestBar, kWidestBar);
  std::string text;
  for (size_t i = 0; i < bounds.size(); ++i) {
    const double portion = static_cast<double>(counts[i]) / static_cast<double>(most);
    absl::StrAppendFormat(
        &text, "%s %8s %12s%s%s\n", look.utf8 ? "≤" : "<=", absl::FormatDuration(bounds[i]),
        WithCommas(counts[i]), counts[i] > 0 ? " " : "", Bar(portion, width, look.utf8));
  }
  return text;
}

}  // namespace greeter::admin_cli
