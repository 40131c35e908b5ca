#include "config/yaml_writer.h"

#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/time_util.h"

namespace greeter::config {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::util::TimeUtil;

// Words that some YAML parser takes for something other than a text.
bool IsReserved(absl::string_view word) {
  for (const char* reserved : {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}) {
    if (absl::EqualsIgnoreCase(word, reserved)) return true;
  }
  return false;
}

// Far stricter than YAML: begins with a letter, holds nothing that means something anywhere.
bool IsPlain(absl::string_view text) {
  if (text.empty() || !absl::ascii_isalpha(static_cast<unsigned char>(text.front()))) return false;
  if (text.back() == ' ' || IsReserved(text)) return false;
  for (const char c : text) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && !absl::StrContains(" _./-", c)) {
      return false;
    }
  }
  return true;
}

// The length of the character at the beginning of `text`, which is UTF-8.
size_t CharacterLength(absl::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

// How a character is written in double quotes if it can't stand for itself: control characters,
// and characters that are invisible or that a parser may take for a line break.
std::string Escape(absl::string_view character) {
  const auto c = static_cast<unsigned char>(character[0]);
  if (character == "\n") return "\\n";
  if (character == "\r") return "\\r";
  if (character == "\t") return "\\t";
  if (character == "\"") return "\\\"";
  if (character == "\\") return "\\\\";
  if (c < 0x20 || c == 0x7F) return absl::StrFormat("\\x%02X", c);
  if (c == 0xC2 && static_cast<unsigned char>(character[1]) <= 0xA0) {
    return absl::StrFormat("\\x%02X", static_cast<unsigned char>(character[1]));
  }
  if (character == "\u2028") return "\\u2028";
  if (character == "\u2029") return "\\u2029";
  if (character == "\uFEFF") return "\\uFEFF";
  return "";
}

std::string DoubleQuoted(absl::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const absl::string_view character = text.substr(0, CharacterLength(text));
    const std::string escape = Escape(character);
    absl::StrAppend(&out, escape.empty() ? character : absl::string_view(escape));
    text.remove_prefix(character.size());
  }
  return out + "\"";
}

// Whether a literal block (|) shows the text exactly, and at first sight: several lines, none with
// blanks at its ends, nothing to escape, at most one line feed at the end.
bool IsBlock(absl::string_view text) {
  if (!absl::StrContains(text, '\n') || text.front() == '\n' || absl::EndsWith(text, "\n\n")) {
    return false;
  }
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::StartsWith(line, " ") || absl::EndsWith(line, " ")) return false;
    for (absl::string_view rest = line; !rest.empty(); rest.remove_prefix(CharacterLength(rest))) {
      const absl::string_view character = rest.substr(0, CharacterLength(rest));
      if (character != "\"" && character != "\\" && !Escape(character).empty()) return false;
    }
  }
  return true;
}

std::string Block(absl::string_view text, int indent) {
  std::string out = "|-";
  if (absl::EndsWith(text, "\n")) {
    out = "|";
    text.remove_suffix(1);
  }
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    absl::StrAppend(&out, "\n", line.empty() ? "" : std::string(static_cast<size_t>(indent), ' '),
                    line);
  }
  return out;
}

class Writer {
 public:
  std::string Take() { return std::move(out_); }

  // The fields of `message`, one a line. The first line's indent is already written.
  void Fields(const Message& message, int indent) {
    bool first = true;
    for (const FieldDescriptor* field : Printed(message)) {
      if (!first) Indent(indent);
      first = false;
      absl::StrAppend(&out_, field->json_name(), ":");
      if (field->is_repeated()) {
        List(message, *field, indent);
      } else {
        Value(message, *field, indent);
      }
    }
  }

  // As protobuf's JSON mapping with default values: fields without presence are always there.
  static std::vector<const FieldDescriptor*> Printed(const Message& message) {
    std::vector<const FieldDescriptor*> fields;
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor* field = message.GetDescriptor()->field(i);
      if (field->is_repeated() || !field->has_presence() ||
          message.GetReflection()->HasField(message, field)) {
        fields.push_back(field);
      }
    }
    return fields;
  }

 private:
  void Indent(int indent) { out_.append(static_cast<size_t>(indent), ' '); }

  void List(const Message& message, const FieldDescriptor& field, int indent) {
    const auto* reflection = message.GetReflection();
    const int size = reflection->FieldSize(message, &field);
    out_ += size == 0 ? " []\n" : "\n";
    for (int i = 0; i < size; ++i) {
      Indent(indent + 2);
      out_ += "- ";
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        const std::string text = reflection->GetRepeatedString(message, &field, i);
        absl::StrAppend(&out_, YamlText(text, indent + 2), "\n");
        continue;
      }
      const Message& item = reflection->GetRepeatedMessage(message, &field, i);
      if (Printed(item).empty()) out_ += "{}\n";
      Fields(item, indent + 4);
    }
  }

  void Value(const Message& message, const FieldDescriptor& field, int indent) {
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      absl::StrAppend(&out_, " ", Scalar(message, field, indent), "\n");
      return;
    }
    const Message& child = message.GetReflection()->GetMessage(message, &field);
    if (const auto* time = dynamic_cast<const google::protobuf::Timestamp*>(&child)) {
      absl::StrAppend(&out_, " ", DoubleQuoted(TimeUtil::ToString(*time)), "\n");
    } else if (const auto* duration = dynamic_cast<const google::protobuf::Duration*>(&child)) {
      absl::StrAppend(&out_, " ", TimeUtil::ToString(*duration), "\n");
    } else if (Printed(child).empty()) {
      out_ += " {}\n";
    } else {
      out_ += "\n";
      Indent(indent + 2);
      Fields(child, indent + 2);
    }
  }

  static std::string Scalar(const Message& message, const FieldDescriptor& field, int indent) {
    const auto* reflection = message.GetReflection();
    switch (field.type()) {
      case FieldDescriptor::TYPE_STRING:
        return YamlText(reflection->GetString(message, &field), indent);
      case FieldDescriptor::TYPE_BYTES:
        return DoubleQuoted(absl::Base64Escape(reflection->GetString(message, &field)));
      case FieldDescriptor::TYPE_BOOL:
        return reflection->GetBool(message, &field) ? "true" : "false";
      case FieldDescriptor::TYPE_ENUM:
        return reflection->GetEnum(message, &field)->name();
      case FieldDescriptor::TYPE_INT32:
        return absl::StrCat(reflection->GetInt32(message, &field));
      case FieldDescriptor::TYPE_UINT32:
        return absl::StrCat(reflection->GetUInt32(message, &field));
      case FieldDescriptor::TYPE_UINT64:
        return absl::StrCat(reflection->GetUInt64(message, &field));
      case FieldDescriptor::TYPE_DOUBLE:
        return absl::StrFormat("%.15g", reflection->GetDouble(message, &field));
      default:
        return "null";
    }
  }

  std::string out_;
};

}  // namespace

std::string YamlText(absl::string_view text, int indent) {
  if (IsPlain(text)) return std::string(text);
  if (IsBlock(text)) return Block(text, indent + 2);
  return DoubleQuoted(text);
}

std::string WriteYaml(const Message& message) {
  if (Writer::Printed(message).empty()) return "{}\n";
  Writer writer;
  writer.Fields(message, 0);
  return writer.Take();
}

}  // namespace greeter::config
