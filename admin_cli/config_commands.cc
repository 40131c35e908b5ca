// config get and config apply.

#include <cstddef>
#include <istream>
#include <string>

#include "absl/strings/str_cat.h"
#include "admin_cli/commands.h"
#include "admin_cli/render.h"
#include "config/config_text.h"

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

absl::Status Run(const ConfigGetCommand& command, Session& session) {
  api::GetConfigRequest request;
  if (command.revision) request.set_revision(*command.revision);
  const auto response = session.client.GetConfig(request);
  if (!response.ok()) return response.status();
  Show(session, *response,
       absl::StrCat("# revision ", DescribeRevision(response->revision()), "\n",
                    config::ToYaml(response->config())));
  return absl::OkStatus();
}

absl::Status Run(const ConfigApplyCommand& command, Session& session) {
  auto change = ToChangeOptions(command.change);
  if (!change.ok()) return change.status();
  change->set_validate_only(command.dry_run);
  auto config = ReadConfig(command.file, session.console.in);
  if (!config.ok()) return config.status();
  api::ApplyConfigRequest request;
  *request.mutable_config() = *std::move(config);
  *request.mutable_change() = *std::move(change);
  const auto response = session.client.ApplyConfig(request);
  if (!response.ok()) return response.status();
  const std::string table =
      command.dry_run
          ? absl::StrCat("The config is fine and would be revision ", response->revision().number(),
                         "; nothing has changed.\n")
          : absl::StrCat(
                "The config is in force as revision ", response->revision().number(), ".\n\n",
                RenderListeners({response->listeners().begin(), response->listeners().end()}));
  Show(session, *response, table);
  return absl::OkStatus();
}

}  // namespace greeter::admin_cli
