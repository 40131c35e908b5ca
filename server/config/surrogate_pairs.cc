#include "config/surrogate_pairs.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace greeter::config {
namespace {

constexpr char kByteOrderMark[] = "\xEF\xBB\xBF";

bool LooksLikeJson(absl::string_view text) {
  absl::ConsumePrefix(&text, kByteOrderMark);
  text = absl::StripLeadingAsciiWhitespace(text);
  return !text.empty() && (text[0] == '{' || text[0] == '[');
}

// The code unit of an escape \uXXXX at the beginning of `text`.
std::optional<uint32_t> CodeUnit(absl::string_view text) {
  uint32_t unit = 0;
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return std::nullopt;
  for (const char digit : text.substr(2, 4)) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(digit))) return std::nullopt;
  }
  if (!absl::SimpleHexAtoi(text.substr(2, 4), &unit)) return std::nullopt;
  return unit;
}

// Copies one escape sequence from the beginning of `text`; returns how many bytes it took.
size_t CopyEscape(absl::string_view text, std::string& out) {
  const std::optional<uint32_t> high = CodeUnit(text);
  if (high && *high >= 0xD800 && *high < 0xDC00) {
    const std::optional<uint32_t> low = CodeUnit(text.substr(6));
    if (low && *low >= 0xDC00 && *low < 0xE000) {
      out += absl::StrFormat("\\U%08X", 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00));
      return 12;
    }
  }
  const size_t length = text.size() < 2 ? text.size() : 2;
  out.append(text.data(), length);
  return length;
}

// Copies a double-quoted string from its opening to its closing quote; returns its length.
size_t CopyString(absl::string_view text, std::string& out) {
  out += '"';
  size_t i = 1;
  while (i < text.size()) {
    if (text[i] == '\\') {
      i += CopyEscape(text.substr(i), out);
      continue;
    }
    out += text[i++];
    if (out.back() == '"') break;
  }
  return i;
}

// The length of what is no double-quoted string but may hold a quote: 'text' or a comment.
size_t OpaqueLength(absl::string_view text) {
  const size_t end = text.find(text[0] == '#' ? '\n' : '\'', 1);
  return end == absl::string_view::npos ? text.size() : end + 1;
}

}  // namespace

std::string JoinSurrogatePairs(absl::string_view text) {
  if (!LooksLikeJson(text)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  // In YAML's flow style a word that has begun without a quote may contain quotes: {a: 5" pipe}.
  bool in_word = false;
  size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    const bool after_blank = i > 0 && absl::ascii_isspace(static_cast<unsigned char>(text[i - 1]));
    if (c == '"' && !in_word) {
      i += CopyString(text.substr(i), out);
      continue;
    }
    if ((c == '\'' && !in_word) || (c == '#' && after_blank)) {
      const size_t length = OpaqueLength(text.substr(i));
      out.append(text.data() + i, length);
      i += length;
      continue;
    }
    if (absl::string_view(",:[]{}").find(c) != absl::string_view::npos) {
      in_word = false;
    } else if (!absl::ascii_isspace(static_cast<unsigned char>(c))) {
      in_word = true;
    }
    out += c;
    ++i;
  }
  return out;
}

}  // namespace greeter::config
