// status, counts and fleet: reads of what is. For --watch, see watch/.

#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "absl/time/clock.h"
#include "admin_cli/commands/commands.h"
#include "admin_cli/terminal/screen_size.h"
#include "admin_cli/views/fleet_text.h"
#include "admin_cli/views/render.h"

namespace greeter::admin_cli {

absl::StatusOr<Ask> Prepare(const StatusCommand& command, const Console& console) {
  if (absl::Status s = CheckUtf8("--listener", command.listener); !s.ok()) return s;
  api::GetStatusRequest request;
  request.set_listener(command.listener);
  return [request, look = console.out_look](Client& client) -> absl::StatusOr<Answer> {
    auto response = client.GetStatus(request);
    if (!response.ok()) return response.status();
    std::string text = RenderStatus(response->status(), absl::Now(), look);
    return MakeAnswer(*std::move(response), std::move(text));
  };
}

absl::StatusOr<Ask> Prepare(const CountsCommand& command, const Console& console) {
  if (absl::Status s = CheckUtf8("--listener", command.listener); !s.ok()) return s;
  if (command.fleet) {
    return [look = console.out_look](Client& client) -> absl::StatusOr<Answer> {
      auto response = client.ListReplicas({});
      if (!response.ok()) return response.status();
      std::string text = RenderFleetCounts(*response, look);
      return MakeAnswer(*std::move(response), std::move(text));
    };
  }
  api::GetConnectionCountsRequest request;
  request.set_listener(command.listener);
  return [request, look = console.out_look](Client& client) -> absl::StatusOr<Answer> {
    auto response = client.GetConnectionCounts(request);
    if (!response.ok()) return response.status();
    std::string text = RenderCounts(*response, look);
    return MakeAnswer(*std::move(response), std::move(text));
  };
}

absl::StatusOr<Ask> Prepare(const FleetCommand& /*command*/, const Console& console) {
  return [look = console.out_look](Client& client) -> absl::StatusOr<Answer> {
    auto response = client.ListReplicas({});
    if (!response.ok()) return response.status();
    const size_t width = look.is_terminal ? SizeOf(STDOUT_FILENO).columns : SIZE_MAX;
    std::string text = RenderFleet(*response, width, look);
    return MakeAnswer(*std::move(response), std::move(text));
  };
}

}  // namespace greeter::admin_cli
