#include "admin_cli/terminal/sparkline.h"

#include <algorithm>
#include <array>

namespace greeter::admin_cli {
namespace {

constexpr size_t kLevels = 8;
// The first is for nothing at all.
constexpr std::array<const char*, kLevels + 1> kBars = {"·", "▁", "▂", "▃", "▄",
                                                        "▅", "▆", "▇", "█"};
constexpr std::array<const char*, kLevels + 1> kAscii = {".", "_", ",", "-", "=",
                                                         "+", "*", "%", "#"};

}  // namespace

std::string Sparkline(const std::deque<double>& values, size_t width, bool utf8) {
  const auto begin = values.end() - static_cast<std::ptrdiff_t>(std::min(width, values.size()));
  const double highest = begin == values.end() ? 0 : *std::max_element(begin, values.end());
  std::string line;
  for (auto value = begin; value != values.end(); ++value) {
    // What is more than nothing shows.
    const size_t level =
        *value <= 0 ? 0 : std::max<size_t>(1, static_cast<size_t>(*value / highest * kLevels));
    line += (utf8 ? kBars : kAscii)[level];
  }
  return line;
}

}  // namespace greeter::admin_cli
