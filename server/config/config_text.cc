#include "config/config_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "config/yaml_reader.h"
#include "config/yaml_tree.h"
#include "config/yaml_writer.h"
#include "google/protobuf/util/json_util.h"

namespace greeter::config {
namespace {

using ::greeter::admin::v1::Config;

constexpr size_t kMaxFileBytes = size_t{16} << 20;

absl::Status FileError(const std::string& path, int error) {
  const std::string what = absl::StrCat(path, ": ", std::generic_category().message(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(what);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(
          absl::StrCat(what, "; user ID ", geteuid(), " must be able to read it"));
    case EISDIR:
      return absl::InvalidArgumentError(absl::StrCat(what, "; a file is expected"));
    default:
      return absl::UnavailableError(what);
  }
}

// Reads all of the open file `fd`; `path` names it.
absl::StatusOr<std::string> ReadAll(int fd, const std::string& path) {
  std::string text;
  char buffer[64 * 1024];
  while (text.size() <= kMaxFileBytes) {
    const ssize_t n = read(fd, buffer, sizeof(buffer));
    if (n == 0) return text;
    if (n > 0) {
      text.append(buffer, static_cast<size_t>(n));
    } else if (errno != EINTR) {
      return FileError(path, errno);
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": is larger than 16 MiB; that is no config file"));
}

// `greeterctl config get -o json` prints a GetConfigResponse, the Config being its field "config"
// beside "revision" and "appliedFile". Nothing else in `root` may hold a Config that way.
absl::StatusOr<const YamlNode*> FindConfigOfResponse(const YamlNode& root,
                                                     absl::string_view source) {
  const YamlNode* config = nullptr;
  for (const YamlNode::Entry& entry : root.entries) {
    if (entry.key == "revision" || entry.key == "appliedFile") continue;
    if (entry.key != "config") return nullptr;
    if (config != nullptr) return YamlError(source, entry.line, "config: given twice");
    config = entry.value.get();
  }
  return config;
}

std::string Json(const google::protobuf::Message& message, bool on_one_line) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = !on_one_line;
  options.always_print_primitive_fields = true;
  std::string json;
  // Fails only for what no API message holds: an Any of unknown type, a time out of range.
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : on_one_line ? "{}" : "{}\n";
}

}  // namespace

absl::StatusOr<Config> ParseConfig(absl::string_view text, absl::string_view source) {
  const auto root = ReadYaml(text, source);
  if (!root.ok()) return root.status();
  const auto response = FindConfigOfResponse(**root, source);
  if (!response.ok()) return response.status();
  const bool enveloped = *response != nullptr;
  Config config;
  absl::Status status =
      FillMessage(enveloped ? **response : **root, enveloped ? "config" : "", source, config);
  if (!status.ok()) return status;
  return config;
}

absl::StatusOr<std::string> ReadConfigFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FileError(path, errno);
  absl::StatusOr<std::string> text = ReadAll(fd, path);
  close(fd);
  return text;
}

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadConfigFile(path);
  if (!text.ok()) return text.status();
  return ParseConfig(*text, path);
}

std::string ToJson(const google::protobuf::Message& message) {
  return Json(message, /*on_one_line=*/false);
}

std::string ToJsonLine(const google::protobuf::Message& message) {
  return absl::StrCat(Json(message, /*on_one_line=*/true), "\n");
}

std::string ToYaml(const google::protobuf::Message& message) { return WriteYaml(message); }

}  // namespace greeter::config
