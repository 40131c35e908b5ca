// start and stop.

#include "absl/strings/str_cat.h"
#include "admin_cli/commands/commands.h"
#include "admin_cli/views/render.h"

namespace greeter::admin_cli {
namespace {

// Both are alike, but for what is called.
template <typename Request, typename Response, typename StartOrStop>
absl::StatusOr<Ask> PrepareChange(const StartOrStop& command, const Console& console,
                                  absl::StatusOr<Response> (Client::*method)(const Request&)) {
  if (absl::Status s = CheckUtf8("--listener", command.listener); !s.ok()) return s;
  const auto change = ToChangeOptions(command.change);
  if (!change.ok()) return change.status();
  Request request;
  request.set_listener(command.listener);
  *request.mutable_change() = *change;
  return [request, method, look = console.out_look](Client& client) -> absl::StatusOr<Answer> {
    auto response = (client.*method)(request);
    if (!response.ok()) return response.status();
    std::string text = absl::StrCat(Printable(response->listener().name()), " is ",
                                    DescribeState(response->listener(), look), " (revision ",
                                    response->revision().number(), ")\n");
    return MakeAnswer(*std::move(response), std::move(text));
  };
}

}  // namespace

absl::StatusOr<Ask> Prepare(const StartCommand& command, const Console& console) {
  return PrepareChange(command, console, &Client::StartListening);
}

absl::StatusOr<Ask> Prepare(const StopCommand& command, const Console& console) {
  return PrepareChange(command, console, &Client::StopListening);
}

}  // namespace greeter::admin_cli
