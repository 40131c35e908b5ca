// What is drawn of a probe.

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "admin_cli/views/probe_text.h"

namespace greeter::admin_cli {
namespace {

constexpr size_t kBarWidth = 50;
constexpr size_t kProgressWidth = 30;

// `portion` of `width`, in eighths of a character.
std::string Bar(double portion, size_t width) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<size_t>(
      std::lround(std::clamp(portion, 0.0, 1.0) * static_cast<double>(width * 8)));
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

std::string RenderHistogram(const probe::Histogram& histogram) {
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
  std::string text;
  for (size_t i = 0; i < bounds.size(); ++i) {
    const double portion = static_cast<double>(counts[i]) / static_cast<double>(most);
    absl::StrAppendFormat(&text, "≤ %8s %12s%s%s\n", absl::FormatDuration(bounds[i]),
                          WithCommas(counts[i]), counts[i] > 0 ? " " : "", Bar(portion, kBarWidth));
  }
  return text;
}

std::string RenderProgress(double portion, uint64_t finished, uint64_t unexpected) {
  const double part = std::clamp(portion, 0.0, 1.0);
  const std::string bar = Bar(part, kProgressWidth);
  const auto drawn = static_cast<size_t>(
      std::count_if(bar.begin(), bar.end(), [](char c) { return (c & 0xC0) != 0x80; }));
  return absl::StrCat(absl::StrFormat("%3.0f%% ", part * 100), bar,
                      std::string(kProgressWidth - std::min(drawn, kProgressWidth), ' '), " ",
                      WithCommas(finished), " connections, ", WithCommas(unexpected),
                      " not as expected; Ctrl-C ends it");
}

}  // namespace greeter::admin_cli
