// status and counts: reads of what is. For status --watch, see watch/.

#include "absl/time/clock.h"
#include "admin_cli/commands/commands.h"
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
  api::GetConnectionCountsRequest request;
  request.set_listener(command.listener);
  return [request, look = console.out_look](Client& client) -> absl::StatusOr<Answer> {
    auto response = client.GetConnectionCounts(request);
    if (!response.ok()) return response.status();
    std::string text = RenderCounts(*response, look);
    return MakeAnswer(*std::move(response), std::move(text));
  };
}

}  // namespace greeter::admin_cli
