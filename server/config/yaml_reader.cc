#include "config/yaml_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "base/nearest.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"

namespace greeter::config {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::EnumDescriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

constexpr size_t kMaxExpandedBytes = size_t{16} << 20;
// google.protobuf.Duration's range: about 10,000 years.
constexpr int64_t kMaxDurationSeconds = 315'576'000'000;

const FieldDescriptor* FindField(const Descriptor& type, const std::string& key) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->json_name() == key || field->name() == key) return field;
  }
  return nullptr;
}

std::string UnknownField(const Descriptor& type, const std::string& key) {
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(type.field_count()));
  for (int i = 0; i < type.field_count(); ++i) {
    names.push_back(type.field(i)->json_name());
  }
  const std::string nearest = base::NearestName(key, names);
  if (!nearest.empty()) return absl::StrCat("unknown field; did you mean \"", nearest, "\"?");
  return absl::StrCat("unknown field; known here: ", absl::StrJoin(names, ", "));
}

// "ENDING_" for the enum Ending whose values are ENDING_NONE, ENDING_LF, ...: what comes before
// UNSPECIFIED in the value 0.
std::string ValuePrefix(const EnumDescriptor& type) {
  const std::string& zero = type.FindValueByNumber(0)->name();
  constexpr absl::string_view kUnspecified = "UNSPECIFIED";
  return absl::EndsWith(zero, kUnspecified) ? zero.substr(0, zero.size() - kUnspecified.size())
                                            : std::string();
}

// A value as an error shows it: quoted, on one line, and cut if it is long.
std::string Shown(const std::string& value) {
  constexpr size_t kMax = 60;
  if (value.size() <= kMax) return absl::StrCat("\"", absl::Utf8SafeCEscape(value), "\"");
  return absl::StrCat("\"", absl::CHexEscape(value.substr(0, kMax)), "...\"");
}

std::string Describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return Shown(node.scalar);
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMapping:
      return "fields";
  }
  return "";
}

// A key as part of a path: as it is if it could be a field's name.
std::string PathElement(const std::string& key) {
  const bool is_name = key.size() <= 60 && std::all_of(key.begin(), key.end(), [](char c) {
                         return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
                       });
  return is_name ? key : Shown(key);
}

class Reader {
 public:
  explicit Reader(absl::string_view source) : source_(source) {}

  absl::Status Fill(const YamlNode& node, int line, const std::string& path, Message& message) {
    if (node.kind != YamlNode::Kind::kMapping) {
      return Error(line, path,
                   absl::StrCat("fields expected (\"name: value\"), not ", Describe(node)));
    }
    std::map<const FieldDescriptor*, int> lines;
    for (const YamlNode::Entry& entry : node.entries) {
      const std::string field_path =
          absl::StrCat(path, path.empty() ? "" : ".", PathElement(entry.key));
      const FieldDescriptor* field = FindField(*message.GetDescriptor(), entry.key);
      if (field == nullptr) {
        return Error(entry.line, field_path, UnknownField(*message.GetDescriptor(), entry.key));
      }
      const auto [first, is_first] = lines.emplace(field, entry.line);
      if (!is_first) {
        return Error(entry.line, field_path,
                     absl::StrCat("given twice; the first time in line ", first->second));
      }
      if (const FieldDescriptor* other = OtherOfOneof(*field, message)) {
        return Error(entry.line, field_path,
                     absl::StrCat("either \"", field->json_name(), "\" or \"", other->json_name(),
                                  "\", not both"));
      }
      absl::Status status = FillField(*entry.value, entry.line, field_path, *field, message);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Error(int line, const std::string& path, absl::string_view what) const {
    return YamlError(source_, line,
                     path.empty() ? std::string(what) : absl::StrCat(path, ": ", what));
  }

  static const FieldDescriptor* OtherOfOneof(const FieldDescriptor& field, const Message& message) {
    if (field.real_containing_oneof() == nullptr) return nullptr;
    return message.GetReflection()->GetOneofFieldDescriptor(message, field.real_containing_oneof());
  }

  absl::Status FillField(const YamlNode& node, int line, const std::string& path,
                         const FieldDescriptor& field, Message& message) {
    if (node.kind == YamlNode::Kind::kNull) return Error(line, path, NoValue(field));
    if (!field.is_repeated()) return FillValue(node, line, path, field, message);
    if (node.kind != YamlNode::Kind::kSequence) {
      return Error(line, path, absl::StrCat("a list expected (\"- ...\"), not ", Describe(node)));
    }
    for (size_t i = 0; i < node.items.size(); ++i) {
      const YamlNode& item = *node.items[i];
      const std::string item_path = absl::StrCat(path, "[", i, "]");
      Message* added = message.GetReflection()->AddMessage(&message, &field);
      if (absl::Status status = Spend(item, item.line, item_path); !status.ok()) return status;
      if (absl::Status status = Fill(item, item.line, item_path, *added); !status.ok()) {
        return status;
      }
    }
    return absl::OkStatus();
  }

  static std::string NoValue(const FieldDescriptor& field) {
    if (field.is_repeated()) return "has no value; an empty list is written []";
    if (field.type() == FieldDescriptor::TYPE_STRING) {
      return "has no value; an empty text is written \"\", the word null \"null\"";
    }
    return "has no value; leave the field out for its default";
  }

  absl::Status FillValue(const YamlNode& node, int line, const std::string& path,
                         const FieldDescriptor& field, Message& message) {
    if (absl::Status status = Spend(node, line, path); !status.ok()) return status;
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Message& child = *message.GetReflection()->MutableMessage(&message, &field);
      if (field.message_type() != google::protobuf::Duration::descriptor()) {
        return Fill(node, line, path, child);
      }
    }
    if (node.kind != YamlNode::Kind::kScalar) {
      return Error(line, path, absl::StrCat("one value expected, not ", Describe(node)));
    }
    const std::string problem = SetScalar(node, field, message);
    return problem.empty() ? absl::OkStatus() : Error(line, path, problem);
  }

  // What is wrong with the value; empty if it was set.
  static std::string SetScalar(const YamlNode& node, const FieldDescriptor& field,
                               Message& message) {
    switch (field.type()) {
      case FieldDescriptor::TYPE_STRING:
        message.GetReflection()->SetString(&message, &field, node.scalar);
        return "";
      case FieldDescriptor::TYPE_BYTES:
        return SetBytes(node.scalar, field, message);
      case FieldDescriptor::TYPE_BOOL:
        return SetBool(node, field, message);
      case FieldDescriptor::TYPE_ENUM:
        return SetEnum(node.scalar, field, message);
      case FieldDescriptor::TYPE_UINT32:
        return SetUnsigned<uint32_t>(node.scalar, field, message);
      case FieldDescriptor::TYPE_UINT64:
        return SetUnsigned<uint64_t>(node.scalar, field, message);
      case FieldDescriptor::TYPE_MESSAGE:
        return SetDuration(node.scalar, field, message);
      default:
        return "can't be given in a text";
    }
  }

  static std::string SetBytes(const std::string& value, const FieldDescriptor& field,
                              Message& message) {
    std::string bytes;
    if (!absl::Base64Unescape(value, &bytes) && !absl::WebSafeBase64Unescape(value, &bytes)) {
      return absl::StrCat(Shown(value), " is not base64; the command base64 makes it of a file");
    }
    message.GetReflection()->SetString(&message, &field, bytes);
    return "";
  }

  static std::string SetBool(const YamlNode& node, const FieldDescriptor& field, Message& message) {
    const std::string word = absl::AsciiStrToLower(node.scalar);
    if (word != "true" && word != "false") {
      return absl::StrCat(Shown(node.scalar), " is neither true nor false");
    }
    if (!node.plain) return absl::StrCat("true or false is written without quotes");
    message.GetReflection()->SetBool(&message, &field, word == "true");
    return "";
  }

  static std::string SetEnum(const std::string& value, const FieldDescriptor& field,
                             Message& message) {
    const EnumDescriptor& type = *field.enum_type();
    const std::string prefix = ValuePrefix(type);
    std::vector<std::string> names;
    for (int i = 0; i < type.value_count(); ++i) {
      const auto* known = type.value(i);
      const std::string name = absl::AsciiStrToLower(known->name().substr(prefix.size()));
      if (absl::EqualsIgnoreCase(value, known->name()) || absl::EqualsIgnoreCase(value, name)) {
        message.GetReflection()->SetEnum(&message, &field, known);
        return "";
      }
      if (known->number() != 0) names.push_back(name);
    }
    return absl::StrCat(Shown(value), " is none of ", absl::StrJoin(names, ", "));
  }

  template <typename Unsigned>
  static std::string SetUnsigned(const std::string& value, const FieldDescriptor& field,
                                 Message& message) {
    Unsigned number = 0;
    if (!absl::SimpleAtoi(value, &number)) {
      return absl::StrCat(Shown(value), " is not a whole number from 0 to ",
                          std::numeric_limits<Unsigned>::max());
    }
    if constexpr (std::is_same_v<Unsigned, uint32_t>) {
      message.GetReflection()->SetUInt32(&message, &field, number);
    } else {
      message.GetReflection()->SetUInt64(&message, &field, number);
    }
    return "";
  }

  static std::string SetDuration(const std::string& value, const FieldDescriptor& field,
                                 Message& message) {
    absl::Duration duration;
    if (!absl::ParseDuration(value, &duration) ||
        absl::AbsDuration(duration) > absl::Seconds(kMaxDurationSeconds)) {
      return absl::StrCat(
          Shown(value), " is not a duration; write a number with its unit, as in 250ms, 5s or 2m");
    }
    google::protobuf::Duration parsed;
    absl::Duration rest;
    parsed.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
    parsed.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
    message.GetReflection()->MutableMessage(&message, &field)->CopyFrom(parsed);
    return "";
  }

  // A text without aliases can't use up the budget; a few aliases of aliases would fill the memory.
  absl::Status Spend(const YamlNode& node, int line, const std::string& path) {
    expanded_bytes_ += node.scalar.size() + 1;
    if (expanded_bytes_ <= kMaxExpandedBytes) return absl::OkStatus();
    return Error(line, path, "the aliases in this text expand to more than 16 MiB");
  }

  const absl::string_view source_;

  size_t expanded_bytes_ = 0;
};

}  // namespace

absl::Status FillMessage(const YamlNode& node, const std::string& path, absl::string_view source,
                         Message& message) {
  return Reader(source).Fill(node, node.line, path, message);
}

}  // namespace greeter::config
