#include "admin_cli/terminal/look.h"

#include <unistd.h>

#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace greeter::admin_cli {
namespace {

absl::string_view Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// As setlocale() would choose it for characters.
bool IsUtf8Locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string locale = absl::AsciiStrToLower(Variable(name));
    if (locale.empty()) continue;
    return absl::StrContains(locale, "utf-8") || absl::StrContains(locale, "utf8");
  }
  return false;
}

const char* Code(Hue hue) {
  switch (hue) {
    case Hue::kBold:
      return "1";
    case Hue::kDim:
      return "2";
    case Hue::kGreen:
      return "32";
    case Hue::kRed:
      return "31";
    case Hue::kYellow:
      return "33";
    case Hue::kPlain:
      break;
  }
  return "";
}

}  // namespace

std::string Look::Paint(Hue hue, absl::string_view text) const {
  if (!colour || hue == Hue::kPlain || text.empty()) return std::string(text);
  return absl::StrCat("\x1b[", Code(hue), "m", text, "\x1b[0m");
}

Look LookOf(int fd) {
  Look look;
  look.is_terminal = isatty(fd) != 0;
  const absl::string_view term = Variable("TERM");
  look.draws = look.is_terminal && !term.empty() && term != "dumb";
  look.colour = look.draws && Variable("NO_COLOR").empty();
  look.utf8 = IsUtf8Locale();
  return look;
}

std::string PaintChanges(const Look& look, absl::string_view text) {
  if (!look.colour) return std::string(text);
  std::string out;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const Hue hue = absl::StartsWith(line, "+")    ? Hue::kGreen
                    : absl::StartsWith(line, "-")  ? Hue::kRed
                    : absl::StartsWith(line, "~")  ? Hue::kYellow
                    : absl::StartsWith(line, "@@") ? Hue::kDim
                                                   : Hue::kPlain;
    absl::StrAppend(&out, look.Paint(hue, line), "\n");
  }
  out.pop_back();
  return out;
}

}  // namespace greeter::admin_cli
