#include "admin_cli/views/documents.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "admin_cli/client/client.h"
#include "admin_cli/client/exit_code.h"
#include "base/utf8.h"
#include "config/config_text.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/wrappers.pb.h"

namespace greeter::admin_cli {
namespace {

// As JSON, which YAML reads as well.
std::string Quoted(absl::string_view text) {
  google::protobuf::StringValue value;
  value.set_value(std::string(base::FirstInvalidUtf8(text) ? "(not UTF-8)" : text));
  std::string json;
  // Can't fail: it is UTF-8.
  return google::protobuf::util::MessageToJsonString(value, &json).ok() ? json : "\"\"";
}

// On one line; JSON and YAML.
std::string ErrorObject(const absl::Status& error) {
  std::vector<std::string> violations;
  for (const auto& violation : FieldViolationsOf(error)) {
    violations.push_back(absl::StrCat("{\"field\": ", Quoted(violation.field()),
                                      ", \"description\": ", Quoted(violation.description()), "}"));
  }
  return absl::StrCat("{\"code\": ", Quoted(absl::StatusCodeToString(error.code())),
                      ", \"exitCode\": ", static_cast<int>(ExitCodeFor(error)),
                      ", \"message\": ", Quoted(std::string(error.message())),
                      violations.empty() ? ""
                                         : absl::StrCat(", \"violations\": [",
                                                        absl::StrJoin(violations, ", "), "]"),
                      "}");
}

// Every line after the first one further to the right; without the final line feed.
std::string Indented(absl::string_view text, absl::string_view by) {
  return absl::StrReplaceAll(absl::StripSuffix(text, "\n"), {{"\n", absl::StrCat("\n", by)}});
}

std::string JsonEntry(const Entry& entry) {
  return absl::StrCat(
      "  {\n   \"server\": ", Quoted(entry.server), ",\n   ",
      entry.message == nullptr
          ? absl::StrCat("\"error\": ", ErrorObject(entry.error))
          : absl::StrCat("\"response\": ", Indented(config::ToJson(*entry.message), "   ")),
      "\n  }");
}

// `indent` is that of its lines after the first one.
std::string YamlEntry(const Entry& entry, absl::string_view indent) {
  const std::string begin = absl::StrCat("server: ", Quoted(entry.server), "\n", indent);
  if (entry.message == nullptr) {
    return absl::StrCat(begin, "error: ", ErrorObject(entry.error), "\n");
  }
  const std::string response = config::ToYaml(*entry.message);
  if (absl::StartsWith(response, "{")) return absl::StrCat(begin, "response: ", response);
  const std::string deeper = absl::StrCat(indent, "  ");
  return absl::StrCat(begin, "response:\n", deeper, Indented(response, deeper), "\n");
}

}  // namespace

std::string RenderMessage(Output output, const google::protobuf::Message& message) {
  return output == Output::kYaml ? config::ToYaml(message) : config::ToJson(message);
}

std::string RenderServers(Output output, const std::vector<Entry>& entries) {
  std::vector<std::string> parts;
  if (output == Output::kYaml) {
    for (const Entry& entry : entries) parts.push_back("  - " + YamlEntry(entry, "    "));
    return absl::StrCat("servers:\n", absl::StrJoin(parts, ""));
  }
  for (const Entry& entry : entries) parts.push_back(JsonEntry(entry));
  return absl::StrCat("{\n \"servers\": [\n", absl::StrJoin(parts, ",\n"), "\n ]\n}\n");
}

std::string RenderInStream(Output output, const Entry& entry, bool with_server) {
  if (output == Output::kYaml) {
    return absl::StrCat("---\n",
                        with_server ? YamlEntry(entry, "") : config::ToYaml(*entry.message));
  }
  if (!with_server) return config::ToJsonLine(*entry.message);
  return absl::StrCat(
      "{\"server\": ", Quoted(entry.server), ", ",
      entry.message == nullptr
          ? absl::StrCat("\"error\": ", ErrorObject(entry.error))
          : absl::StrCat("\"response\": ",
                         absl::StripSuffix(config::ToJsonLine(*entry.message), "\n")),
      "}\n");
}

}  // namespace greeter::admin_cli
