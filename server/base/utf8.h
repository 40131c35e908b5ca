// Whether bytes are UTF-8, and if not, where they stop being so.

#ifndef GREETER_BASE_UTF8_H_
#define GREETER_BASE_UTF8_H_

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"

namespace greeter::base {

// The offset of the first byte that begins no well-formed UTF-8 sequence (RFC 3629: no overlong
// forms, no surrogates, nothing above U+10FFFF); nullopt if all of `text` is UTF-8. Any thread.
std::optional<size_t> FirstInvalidUtf8(absl::string_view text);

}  // namespace greeter::base

#endif  // GREETER_BASE_UTF8_H_
