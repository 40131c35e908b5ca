// Differences between two texts, line by line, as diff -u prints them.

#ifndef GREETER_ADMIN_CLI_VIEWS_UNIFIED_DIFF_H_
#define GREETER_ADMIN_CLI_VIEWS_UNIFIED_DIFF_H_

#include <string>

#include "absl/strings/string_view.h"

namespace greeter::admin_cli {

struct NamedText {
  // Stands in the first lines of the diff.
  std::string name;
  // Every line ends with a line feed.
  absl::string_view text;
};

// Empty if the texts are the same. The shortest diff, unless more than some 2,000 lines differ:
// then all lines between the first and the last difference are replaced. Any thread.
std::string UnifiedDiff(const NamedText& before, const NamedText& after);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_VIEWS_UNIFIED_DIFF_H_
