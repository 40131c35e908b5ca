#include "admin_cli/views/config_changes.h"

#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "admin_cli/views/render.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/util/message_differencer.h"

namespace greeter::admin_cli {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::util::MessageDifferencer;

constexpr size_t kMostBytesShown = 60;

// A field's path and its value for people, and the whole of a text that is only shown in part.
struct Value {
  std::string path;
  std::string shown;
  std::string text;
};
using Values = std::vector<Value>;

// At most kMostBytesShown bytes, with the size if there are more; never half a character.
std::string ShowText(absl::string_view text) {
  if (text.size() <= kMostBytesShown) return absl::StrCat("\"", Printable(text), "\"");
  size_t shown = kMostBytesShown;
  while (shown > 0 && (static_cast<unsigned char>(text[shown]) & 0xC0) == 0x80) --shown;
  return absl::StrCat("\"", Printable(text.substr(0, shown)), "…\" (", text.size(), " bytes)");
}

std::string ShowValue(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(reflection.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number = reflection.GetEnumValue(message, &field);
      const auto* value = field.enum_type()->FindValueByNumber(number);
      return value == nullptr ? absl::StrCat(number) : std::string(value->name());
    }
    case FieldDescriptor::CPPTYPE_STRING:
      return ShowText(reflection.GetString(message, &field));
    default:
      return "(of a type that this greeterctl doesn't know)";
  }
}

std::string ShowDuration(const google::protobuf::Duration& duration) {
  return absl::FormatDuration(absl::Seconds(duration.seconds()) +
                              absl::Nanoseconds(duration.nanos()));
}

// Appends the fields of `message` that hold something; those without presence always do.
void AppendValues(const Message& message, const std::string& prefix, Values& values) {
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.has_presence() && !reflection.HasField(message, &field)) continue;
    const std::string path = absl::StrCat(prefix, std::string(field.json_name()));
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      const bool is_text = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
      values.push_back(
          {path, ShowValue(message, field), is_text ? reflection.GetString(message, &field) : ""});
      continue;
    }
    const Message& nested = reflection.GetMessage(message, &field);
    if (const auto* duration = dynamic_cast<const google::protobuf::Duration*>(&nested)) {
      values.push_back({path, ShowDuration(*duration), ""});
    } else {
      AppendValues(nested, absl::StrCat(path, "."), values);
    }
  }
}

const Value* Find(const Values& values, const std::string& path) {
  for (const Value& value : values) {
    if (value.path == path) return &value;
  }
  return nullptr;
}

// One field's change on a line; empty if there is none. Null: the field holds nothing.
std::string RenderChange(const Value* before, const Value* after) {
  const std::string& path = before != nullptr ? before->path : after->path;
  const std::string was = before != nullptr ? before->shown : "nothing";
  const std::string is = after != nullptr ? after->shown : "nothing";
  if (was != is) return absl::StrCat("    ", path, ": ", was, " -> ", is, "\n");
  if (before->text == after->text) return "";
  return absl::StrCat("    ", path, ": differs after its first ", kMostBytesShown, " bytes\n");
}

std::string RenderChangedListener(const api::Listener& before, const api::Listener& after) {
  Values old_values;
  Values new_values;
  AppendValues(before, "", old_values);
  AppendValues(after, "", new_values);
  std::string out = absl::StrCat("~ ", Printable(after.name()), "\n");
  for (const Value& value : old_values) {
    absl::StrAppend(&out, RenderChange(&value, Find(new_values, value.path)));
  }
  for (const Value& value : new_values) {
    if (Find(old_values, value.path) == nullptr) {
      absl::StrAppend(&out, RenderChange(nullptr, &value));
    }
  }
  return out;
}

std::string Describe(const api::Listener& listener) {
  return absl::StrCat(Printable(listener.name()), ", ", Printable(listener.address()),
                      listener.enabled() ? "" : ", stopped", "\n");
}

const api::Listener* Find(const api::Config& config, const std::string& name) {
  for (const api::Listener& listener : config.listeners()) {
    if (listener.name() == name) return &listener;
  }
  return nullptr;
}

}  // namespace

std::string RenderChanges(const api::Config& before, const api::Config& after) {
  if (MessageDifferencer::Equals(before, after)) return "";
  std::string out;
  int unchanged = 0;
  for (const api::Listener& listener : after.listeners()) {
    const api::Listener* old = Find(before, listener.name());
    if (old == nullptr) {
      absl::StrAppend(&out, "+ ", Describe(listener));
    } else if (MessageDifferencer::Equals(*old, listener)) {
      ++unchanged;
    } else {
      absl::StrAppend(&out, RenderChangedListener(*old, listener));
    }
  }
  for (const api::Listener& listener : before.listeners()) {
    if (Find(after, listener.name()) == nullptr) absl::StrAppend(&out, "- ", Describe(listener));
  }
  if (out.empty()) return "~ the order of the listeners, nothing else\n";
  if (unchanged > 0) absl::StrAppend(&out, "  ", unchanged, " unchanged\n");
  return out;
}

std::string RenderDryRun(const api::GetConfigResponse& now, uint64_t revision,
                         const api::Config& config) {
  const std::string changes = RenderChanges(now.config(), config);
  if (changes.empty()) {
    return absl::StrCat("Nothing would change: that is the config of revision ",
                        now.revision().number(), ", the current one.\n");
  }
  return absl::StrCat("Nothing has changed. It can be done, and would make revision ", revision,
                      ":\n\n", changes);
}

}  // namespace greeter::admin_cli
