#include "config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/utf8.h"
#include "config/surrogate_pairs.h"

namespace greeter::config {
namespace {

int LineOf(const YAML::Mark& mark) { return mark.line + 1; }

int LineAt(absl::string_view text, size_t offset) {
  const absl::string_view before = text.substr(0, offset);
  return 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
}

// Builds the tree out of the parser's events. The first problem is kept and all later events are
// ignored, so that a hostile text costs no more memory than the bounds allow.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(absl::string_view source) : source_(source) {}

  const absl::Status& status() const { return status_; }
  std::shared_ptr<const YamlNode> root() const { return root_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (root_ != nullptr) {
      Fail(mark, "more text after the end of the document; a config is one YAML document");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Open(mark, YamlNode::Kind::kNull, anchor);
    Close();
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) return Fail(mark, "this alias stands for itself");
    if (Admit(mark)) Attach(mark, found->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (!Open(mark, YamlNode::Kind::kScalar, anchor)) return;
    stack_.back().node->scalar = value;
    stack_.back().node->plain = tag == "?";
    Close();
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(mark, YamlNode::Kind::kSequence, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(mark, YamlNode::Kind::kMapping, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  // A value that has begun and not yet ended.
  struct Frame {
    std::shared_ptr<YamlNode> node;
    YAML::Mark mark;
    YAML::anchor_t anchor;
    // In a mapping: the key that waits for its value.
    std::optional<YamlNode::Entry> entry;
  };

  void Fail(const YAML::Mark& mark, absl::string_view what) {
    if (status_.ok()) status_ = YamlError(source_, LineOf(mark), what);
  }

  bool Admit(const YAML::Mark& mark) {
    if (!status_.ok()) return false;
    if (++values_ > kMaxYamlValues) {
      Fail(mark, absl::StrCat("more than ", kMaxYamlValues, " values; that is no config"));
    }
    return status_.ok();
  }

  bool Open(const YAML::Mark& mark, YamlNode::Kind kind, YAML::anchor_t anchor) {
    if (!Admit(mark)) return false;
    if (stack_.size() >= kMaxYamlDepth) {
      Fail(mark, absl::StrCat("nested deeper than ", kMaxYamlDepth, " levels"));
      return false;
    }
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->line = LineOf(mark);
    stack_.push_back({std::move(node), mark, anchor, std::nullopt});
    return true;
  }

  void Close() {
    if (!status_.ok()) return;
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (frame.anchor != YAML::NullAnchor) anchors_[frame.anchor] = frame.node;
    Attach(frame.mark, std::move(frame.node));
  }

  void Attach(const YAML::Mark& mark, std::shared_ptr<const YamlNode> node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& parent = stack_.back();
    if (parent.node->kind == YamlNode::Kind::kSequence) {
      parent.node->items.push_back(std::move(node));
    } else if (parent.entry) {
      parent.entry->value = std::move(node);
      parent.node->entries.push_back(*std::exchange(parent.entry, std::nullopt));
    } else if (node->kind == YamlNode::Kind::kScalar) {
      parent.entry = YamlNode::Entry{node->scalar, LineOf(mark), nullptr};
    } else {
      Fail(mark, "a key must be a word, as in \"name: value\"");
    }
  }

  const absl::string_view source_;

  absl::Status status_;
  int values_ = 0;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, std::shared_ptr<const YamlNode>> anchors_;
  std::shared_ptr<const YamlNode> root_;
};

// What the parser would misread instead of refusing: it takes 0x04 for the end of the text and
// zeros for UTF-16.
absl::Status CheckCharacters(absl::string_view text, absl::string_view source) {
  if (const std::optional<size_t> offset = base::FirstInvalidUtf8(text)) {
    return YamlError(source, LineAt(text, *offset),
                     absl::StrFormat("not UTF-8: byte 0x%02X at offset %d; a greeting of other "
                                     "bytes is written in base64, as \"raw\"",
                                     static_cast<unsigned char>(text[*offset]), *offset));
  }
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 || c == '\t' || c == '\n' || c == '\r') continue;
    return YamlError(
        source, LineAt(text, i),
        absl::StrFormat("control character 0x%02X; write it as \"\\u%04X\" in double quotes", c,
                        c));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status YamlError(absl::string_view source, int line, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(source, ":", line, ": ", what));
}

absl::StatusOr<std::shared_ptr<const YamlNode>> ReadYaml(absl::string_view text,
                                                         absl::string_view source) {
  if (absl::Status status = CheckCharacters(text, source); !status.ok()) return status;
  TreeBuilder builder(source);
  try {
    std::istringstream stream(JoinSurrogatePairs(text));
    YAML::Parser parser(stream);
    // The second document, if there is one, is only begun, to be refused.
    if (parser.HandleNextDocument(builder) && builder.status().ok()) {
      parser.HandleNextDocument(builder);
    }
  } catch (const YAML::Exception& e) {
    if (!builder.status().ok()) return builder.status();
    return YamlError(source, LineOf(e.mark), absl::StrCat("not valid YAML: ", e.msg));
  }
  if (!builder.status().ok()) return builder.status();
  if (builder.root() == nullptr || builder.root()->kind == YamlNode::Kind::kNull) {
    return absl::InvalidArgumentError(absl::StrCat(
        source, ": is empty; a config without listeners is written \"listeners: []\""));
  }
  return builder.root();
}

}  // namespace greeter::config
