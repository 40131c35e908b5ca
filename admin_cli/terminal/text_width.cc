#include "admin_cli/terminal/text_width.h"

#include <algorithm>
#include <clocale>
#include <cwchar>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace greeter::admin_cli {
namespace {

// The C library's knowledge of characters, whatever the user's locale; for this thread, while it
// lives.
class Utf8Locale {
 public:
  Utf8Locale() {
    static const locale_t kUtf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (kUtf8 != nullptr) previous_ = uselocale(kUtf8);
  }
  ~Utf8Locale() {
    if (previous_ != nullptr) uselocale(previous_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t previous_ = nullptr;
};

struct Step {
  size_t bytes;
  size_t columns;
};

// The next character, or a whole colour.
Step Next(absl::string_view text) {
  if (text[0] == '\x1b') {
    const size_t end = text.find('m');
    return {end == absl::string_view::npos ? text.size() : end + 1, 0};
  }
  wchar_t character = 0;
  std::mbstate_t state = {};
  const size_t bytes = std::mbrtowc(&character, text.data(), text.size(), &state);
  if (bytes == 0 || bytes > text.size()) return {1, 1};
  const int columns = wcwidth(character);
  return {bytes, columns < 0 ? 1 : static_cast<size_t>(columns)};
}

}  // namespace

size_t WidthOf(absl::string_view text) {
  const Utf8Locale locale;
  size_t columns = 0;
  while (!text.empty()) {
    const Step step = Next(text);
    columns += step.columns;
    text.remove_prefix(step.bytes);
  }
  return columns;
}

size_t WidestOf(absl::string_view lines) {
  size_t widest = 0;
  for (const absl::string_view line : absl::StrSplit(lines, '\n')) {
    widest = std::max(widest, WidthOf(line));
  }
  return widest;
}

std::string CutTo(absl::string_view text, size_t columns) {
  const Utf8Locale locale;
  size_t end = 0;
  size_t taken = 0;
  bool coloured = false;
  while (end < text.size()) {
    const Step step = Next(text.substr(end));
    if (taken + step.columns > columns) break;
    coloured = coloured || text[end] == '\x1b';
    taken += step.columns;
    end += step.bytes;
  }
  if (end == text.size()) return std::string(text);
  return absl::StrCat(text.substr(0, end), coloured ? "\x1b[0m" : "");
}

}  // namespace greeter::admin_cli
