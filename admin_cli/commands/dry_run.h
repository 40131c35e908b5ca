// Changes of the whole config that are only tried: what the config is now, beside what it would be.

#ifndef GREETER_ADMIN_CLI_COMMANDS_DRY_RUN_H_
#define GREETER_ADMIN_CLI_COMMANDS_DRY_RUN_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "admin_cli/client/client.h"
#include "admin_cli/commands/commands.h"
#include "admin_cli/terminal/look.h"
#include "admin_cli/views/config_changes.h"

namespace greeter::admin_cli {

template <typename Response>
struct DryRun {
  api::GetConfigResponse now;
  // The server's answer to the change with validate_only, about just that `now`.
  Response would_be;
};

// Tries `request` by `method`, as of ApplyConfig or RollBack. If others change the config
// meanwhile, it begins again, three times at most: then, or if the request expects another revision
// itself, ABORTED. Other errors are the methods'. Blocks.
template <typename Request, typename Response>
absl::StatusOr<DryRun<Response>> TryOut(Client& client,
                                        absl::StatusOr<Response> (Client::*method)(const Request&),
                                        Request request) {
  request.mutable_change()->set_validate_only(true);
  const bool expects = request.change().has_expected_revision();
  for (int attempts_left = 3;; --attempts_left) {
    auto now = client.GetConfig({});
    if (!now.ok()) return now.status();
    if (!expects) request.mutable_change()->set_expected_revision(now->revision().number());
    auto answer = (client.*method)(request);
    if (answer.ok() && !answer->has_config()) {
      return absl::UnimplementedError(
          "this greeterd is too old to tell what the config would be; upgrade it first");
    }
    if (answer.ok()) return DryRun<Response>{*std::move(now), *std::move(answer)};
    if (expects || !absl::IsAborted(answer.status()) || attempts_left == 1) return answer.status();
  }
}

// A command that tries `request` by `method`, and tells what the change would do.
template <typename Request, typename Response>
Ask DryRunOf(absl::StatusOr<Response> (Client::*method)(const Request&), Request request,
             const Look& look) {
  return [method, request = std::move(request), look](Client& client) -> absl::StatusOr<Answer> {
    auto run = TryOut(client, method, request);
    if (!run.ok()) return run.status();
    std::string text =
        RenderDryRun(run->now, run->would_be.revision().number(), run->would_be.config());
    return MakeAnswer(std::move(run->would_be), PaintChanges(look, text));
  };
}

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_COMMANDS_DRY_RUN_H_
