#include "base/wrap.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace greeter::base {

std::string Wrap(absl::string_view text, size_t width) {
  std::string wrapped;
  size_t line = 0;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    const bool fits = line == 0 || line + 1 + word.size() <= width;
    if (line > 0) wrapped += fits ? ' ' : '\n';
    line = fits && line > 0 ? line + 1 + word.size() : word.size();
    absl::StrAppend(&wrapped, word);
  }
  return wrapped;
}

}  // namespace greeter::base
