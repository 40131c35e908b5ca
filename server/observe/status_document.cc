#include "observe/status_document.h"

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "google/protobuf/util/json_util.h"

namespace greeter::observe {
namespace {

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  // Fails only for what no API message holds: an Any of unknown type, a time out of range.
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : "{}";
}

}  // namespace

std::string StatusDocument(const Sources& sources, RecentChanges& changes) {
  const std::shared_ptr<const control::Snapshot> snapshot = sources.controller->snapshot();
  if (snapshot == nullptr) return "";
  const std::shared_ptr<const RecentChanges::Reading> recent = changes.Read(*snapshot);
  std::vector<std::string> revisions;
  for (const api::Revision& revision : recent->revisions) revisions.push_back(ToJson(revision));
  std::vector<std::string> last_changes;
  for (const auto& [listener, revision] : recent->last_change) {
    // A listener's name needs no escapes.
    last_changes.push_back(absl::StrCat("\"", listener, R"(":)", ToJson(revision)));
  }
  return absl::StrCat(
      R"({"time":")", absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::Now(), absl::UTCTimeZone()),
      R"(","alive":)", sources.alive() ? "true" : "false", R"(,"ready":)",
      sources.serving() ? "true" : "false", R"(,"status":)", ToJson(sources.status()),
      R"(,"config":)", ToJson(snapshot->config), R"(,"revisions":[)", absl::StrJoin(revisions, ","),
      R"(],"lastChanges":{)", absl::StrJoin(last_changes, ","), "}}\n");
}

}  // namespace greeter::observe
