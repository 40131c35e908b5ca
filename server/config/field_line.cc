#include "config/field_line.h"

#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "config/yaml_tree.h"

namespace greeter::config {
namespace {

// Field names are read in two spellings: accept_rate and acceptRate.
std::string Spelled(absl::string_view name) {
  return absl::AsciiStrToLower(absl::StrReplaceAll(name, {{"_", ""}}));
}

const YamlNode::Entry* Find(const YamlNode& mapping, absl::string_view name) {
  for (const YamlNode::Entry& entry : mapping.entries) {
    if (Spelled(entry.key) == Spelled(name)) return &entry;
  }
  return nullptr;
}

}  // namespace

int LineOfField(absl::string_view text, absl::string_view field) {
  const auto root = ReadYaml(text, "");
  if (!root.ok()) return 0;
  const YamlNode* node = root->get();
  if (const YamlNode::Entry* const config = Find(*node, "config"); config != nullptr) {
    node = config->value.get();
  }
  int line = 0;
  // "listeners[2].address" is the steps "listeners", "2" and "address".
  for (const absl::string_view step :
       absl::StrSplit(field, absl::ByAnyChar(".[]"), absl::SkipEmpty())) {
    size_t index = 0;
    if (node->kind == YamlNode::Kind::kSequence && absl::SimpleAtoi(step, &index)) {
      if (index >= node->items.size()) return line;
      node = node->items[index].get();
      line = node->line;
    } else {
      const YamlNode::Entry* const entry = Find(*node, step);
      if (entry == nullptr) return line;
      line = entry->line;
      node = entry->value.get();
    }
  }
  return line;
}

}  // namespace greeter::config
