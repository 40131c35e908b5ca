// Configs as people write and read them: YAML and JSON in the shape of the API's messages. Used by
// greeterd for --config and by greeterctl for files and for -o json|yaml.
//
// Field names are those of protobuf's JSON mapping (lowerCamelCase) or of the .proto (snake_case);
// enum values are their full names or the part after the prefix in any case (ENDING_CRLF, crlf);
// durations are "5s", "1.5s", "250ms", "2m"; raw bytes are base64.

#ifndef GREETER_CONFIG_CONFIG_TEXT_H_
#define GREETER_CONFIG_CONFIG_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "greeter/admin/v1/admin.pb.h"

namespace greeter::config {

// Reads YAML, of which JSON is a part. `source` names the text in errors ("greeter.yaml").
// INVALID_ARGUMENT, as "greeter.yaml:7: listeners[0].endnig: unknown field; did you mean
// \"ending\"?". An empty text is refused: it is far more often a mistake than a wish for no
// listeners, which "listeners: []" expresses. The shape of GetConfigResponse ("config:" beside
// "revision:" and "appliedFile:") is read as well, so that what `greeterctl config get` prints in
// any format can be applied. Checks the shape alone, not the values' meaning. Any thread.
absl::StatusOr<greeter::admin::v1::Config> ParseConfig(absl::string_view text,
                                                       absl::string_view source);

// Reads a file of at most 16 MiB. NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT (a directory, too
// large), UNAVAILABLE, each naming the file. Blocks; any thread.
absl::StatusOr<std::string> ReadConfigFile(const std::string& path);

// Reads a file of at most 16 MiB and parses it. NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT (a
// directory, too large, and all that ParseConfig refuses), each naming the file. Blocks; any
// thread.
absl::StatusOr<greeter::admin::v1::Config> LoadConfig(const std::string& path);

// protobuf's JSON mapping, indented; ends with a line feed.
std::string ToJson(const google::protobuf::Message& message);

// The same on one line.
std::string ToJsonLine(const google::protobuf::Message& message);

// The same content and names as YAML; what ParseConfig reads back. Ends with a line feed.
std::string ToYaml(const google::protobuf::Message& message);

}  // namespace greeter::config

#endif  // GREETER_CONFIG_CONFIG_TEXT_H_
