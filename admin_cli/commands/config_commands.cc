// config get, config apply and config diff.

#include <cstddef>
#include <istream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "admin_cli/commands/commands.h"
#include "admin_cli/commands/dry_run.h"
#include "admin_cli/views/render.h"
#include "admin_cli/views/unified_diff.h"
#include "config/config_text.h"
#include "config/defaults.h"

namespace greeter::admin_cli {
namespace {

constexpr size_t kMaxConfigBytes = size_t{16} << 20;

absl::StatusOr<api::Config> ReadConfig(const std::string& path, std::istream& stdin_stream) {
  if (path == "-") {
    std::string text(kMaxConfigBytes + 1, '\0');
    stdin_stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(stdin_stream.gcount()));
    if (text.size() > kMaxConfigBytes) {
      return absl::InvalidArgumentError("standard input: is larger than 16 MiB; that is no config");
    }
    return config::ParseConfig(text, "standard input");
  }
  auto config = config::LoadConfig(path);
  // Exit codes 4 and 6 are about the server's listeners and permissions, not about files.
  if (absl::IsNotFound(config.status()) || absl::IsPermissionDenied(config.status()) ||
      absl::IsUnavailable(config.status())) {
    return absl::UnknownError(config.status().message());
  }
  return config;
}

}  // namespace

absl::StatusOr<Ask> Prepare(const ConfigGetCommand& command, const Console& /*console*/) {
  api::GetConfigRequest request;
  if (command.revision) request.set_revision(*command.revision);
  return [request](Client& client) -> absl::StatusOr<Answer> {
    auto response = client.GetConfig(request);
    if (!response.ok()) return response.status();
    std::string text = absl::StrCat("# revision ", DescribeRevision(response->revision()), "\n",
                                    config::ToYaml(response->config()));
    return MakeAnswer(*std::move(response), std::move(text));
  };
}

absl::StatusOr<Ask> Prepare(const ConfigApplyCommand& command, const Console& console) {
  auto change = ToChangeOptions(command.change);
  if (!change.ok()) return change.status();
  auto config = ReadConfig(command.file, console.in);
  if (!config.ok()) return config.status();
  api::ApplyConfigRequest request;
  *request.mutable_config() = *std::move(config);
  *request.mutable_change() = *std::move(change);
  if (command.dry_run) return DryRunOf(&Client::ApplyConfig, request, console.out_look);
  return [request, look = console.out_look](Client& client) -> absl::StatusOr<Answer> {
    auto response = client.ApplyConfig(request);
    if (!response.ok()) return response.status();
    std::string text = absl::StrCat(
        "The config is in force as revision ", response->revision().number(), ".\n\n",
        RenderListeners({response->listeners().begin(), response->listeners().end()}, look));
    return MakeAnswer(*std::move(response), std::move(text));
  };
}

absl::StatusOr<Ask> Prepare(const ConfigDiffCommand& command, const Console& console) {
  auto config = ReadConfig(command.file, console.in);
  if (!config.ok()) return config.status();
  config::Complete(*config);
  const std::string name = command.file == "-" ? "standard input" : Printable(command.file);
  return [config = *std::move(config), name,
          look = console.out_look](Client& client) -> absl::StatusOr<Answer> {
    const auto now = client.GetConfig({});
    if (!now.ok()) return now.status();
    const std::string before = config::ToYaml(now->config());
    const std::string after = config::ToYaml(config);
    const std::string diff =
        UnifiedDiff({absl::StrCat("revision ", now->revision().number()), before}, {name, after});
    return MakeAnswer(config, PaintChanges(look, diff), before == after ? kOk : kFailure);
  };
}

}  // namespace greeter::admin_cli
