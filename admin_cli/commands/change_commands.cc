// start and stop.

#include "absl/strings/str_cat.h"
#include "admin_cli/commands/commands.h"
#include "admin_cli/views/render.h"

namespace greeter::admin_cli {
namespace {

// Fills in what both requests have.
template <typename Request, typename StartOrStop>
absl::StatusOr<Request> MakeRequest(const StartOrStop& command) {
  if (absl::Status s = CheckUtf8("--listener", command.listener); !s.ok()) return s;
  const auto change = ToChangeOptions(command.change);
  if (!change.ok()) return change.status();
  Request request;
  request.set_listener(command.listener);
  *request.mutable_change() = *change;
  return request;
}

template <typename Response>
void ShowOutcome(Session& session, const Response& response) {
  Show(session, response,
       absl::StrCat(Printable(response.listener().name()), " is ",
                    DescribeState(response.listener()), " (revision ", response.revision().number(),
                    ")\n"));
}

}  // namespace

absl::Status Run(const StartCommand& command, Session& session) {
  const auto request = MakeRequest<api::StartListeningRequest>(command);
  if (!request.ok()) return request.status();
  const auto response = session.client.StartListening(*request);
  if (!response.ok()) return response.status();
  ShowOutcome(session, *response);
  return absl::OkStatus();
}

absl::Status Run(const StopCommand& command, Session& session) {
  const auto request = MakeRequest<api::StopListeningRequest>(command);
  if (!request.ok()) return request.status();
  const auto response = session.client.StopListening(*request);
  if (!response.ok()) return response.status();
  ShowOutcome(session, *response);
  return absl::OkStatus();
}

}  // namespace greeter::admin_cli
