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
  auto config = ReadConfig(command.file, session.console.in);
  if (!config.ok()) return config.status();
  api::ApplyConfigRequest request;
  *request.mutable_config() = *std::move(config);
  *request.mutable_change() = *std::move(change);
  if (command.dry_run) {
    const auto run = TryOut(session.client, &Client::ApplyConfig, std::move(request));
    if (!run.ok()) return run.status();
    Show(session, run->would_be, RenderDryRun(*run));
    return absl::OkStatus();
  }
  const auto response = session.client.ApplyConfig(request);
  if (!response.ok()) return response.status();
  Show(session, *response,
       absl::StrCat("The config is in force as revision ", response->revision().number(), ".\n\n",
                    RenderListeners({response->listeners().begin(), response->listeners().end()})));
  return absl::OkStatus();
}

absl::Status Run(const ConfigDiffCommand& command, Session& session) {
  // As with diff: 1 means different, so that trouble needs another code.
  session.failed = kUsage;
  auto config = ReadConfig(command.file, session.console.in);
  if (!config.ok()) return config.status();
  const auto now = session.client.GetConfig({});
  if (!now.ok()) return now.status();
  config::Complete(*config);
  const std::string before = config::ToYaml(now->config());
  const std::string after = config::ToYaml(*config);
  const std::string name = command.file == "-" ? "standard input" : Printable(command.file);
  Show(session, *config,
       UnifiedDiff({absl::StrCat("revision ", now->revision().number()), before}, {name, after}));
  if (before != after) session.done = kFailure;
  return absl::OkStatus();
}

}  // namespace greeter::admin_cli
