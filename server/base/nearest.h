// "Did you mean": the known name nearest to a mistyped one.

#ifndef GREETER_BASE_NEAREST_H_
#define GREETER_BASE_NEAREST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace greeter::base {

// The name of `known` with the fewest edits (Levenshtein) from `name`, or empty if none is within a
// third of its length, and at least 2 edits. Any thread.
std::string NearestName(absl::string_view name, const std::vector<std::string>& known);

}  // namespace greeter::base

#endif  // GREETER_BASE_NEAREST_H_
