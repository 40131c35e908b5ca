// A YAML document as a tree of values with their lines, bounded in depth and size whatever the
// text is. It knows nothing of messages.

#ifndef GREETER_CONFIG_YAML_TREE_H_
#define GREETER_CONFIG_YAML_TREE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace greeter::config {

inline constexpr int kMaxYamlDepth = 32;
// Values in one document; an alias counts as one here, yaml_reader bounds what it expands to.
inline constexpr int kMaxYamlValues = 100'000;

// Immutable once read. An alias shares the node of its anchor; there are no cycles.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMapping };

  struct Entry {
    std::string key;
    int line = 0;
    std::shared_ptr<const YamlNode> value;
  };

  Kind kind = Kind::kNull;
  // Counted from 1.
  int line = 0;
  // Scalars: the text, and whether it was written without quotes, tag or block style.
  std::string scalar;
  bool plain = false;
  std::vector<std::shared_ptr<const YamlNode>> items;
  // In the order of the text; keys may repeat.
  std::vector<Entry> entries;
};

// Reads the one document in `text`, which may be JSON. INVALID_ARGUMENT, as "greeter.yaml:7: ...",
// for what is not UTF-8, not YAML, empty, several documents, nested deeper than kMaxYamlDepth or
// larger than kMaxYamlValues. Any thread.
absl::StatusOr<std::shared_ptr<const YamlNode>> ReadYaml(absl::string_view text,
                                                         absl::string_view source);

// INVALID_ARGUMENT at a line of `source`.
absl::Status YamlError(absl::string_view source, int line, absl::string_view what);

}  // namespace greeter::config

#endif  // GREETER_CONFIG_YAML_TREE_H_
