// JSON writes a character beyond U+FFFF as two escapes, "\uD83D\uDE00"; YAML as one, "\U0001F600".
// This is the one difference in their texts that keeps a YAML parser from reading JSON.

#ifndef GREETER_CONFIG_SURROGATE_PAIRS_H_
#define GREETER_CONFIG_SURROGATE_PAIRS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace greeter::config {

// `text` with the surrogate pairs in its double-quoted strings joined, if it is JSON or at least
// begins like it, with "{" or "["; otherwise `text` as it is. Lines keep their numbers. Any thread.
std::string JoinSurrogatePairs(absl::string_view text);

}  // namespace greeter::config

#endif  // GREETER_CONFIG_SURROGATE_PAIRS_H_
