// status and counts: reads of what is.

#include "absl/time/clock.h"
#include "admin_cli/commands/commands.h"
#include "admin_cli/views/render.h"
#include "config/config_text.h"

namespace greeter::admin_cli {
namespace {

// Cursor to the top left, then clear to the end of the screen.
constexpr char kRedraw[] = "\x1b[H\x1b[J";

absl::Status Watch(const StatusCommand& command, Session& session) {
  api::WatchStatusRequest request;
  request.set_listener(command.listener);
  const bool redraw = session.console.out_is_terminal && session.output == Output::kTable;
  bool first = true;
  return session.client.WatchStatus(request, session.console.interrupt_fd,
                                    [&](const api::ServerStatus& status) {
                                      api::WatchStatusResponse update;
                                      *update.mutable_status() = status;
                                      if (redraw) {
                                        session.console.out << kRedraw;
                                      } else if (!first) {
                                        // A blank line between tables, a new document in YAML; JSON
                                        // needs neither.
                                        if (session.output == Output::kTable)
                                          session.console.out << "\n";
                                        if (session.output == Output::kYaml)
                                          session.console.out << "---\n";
                                      }
                                      first = false;
                                      Show(session, update, RenderStatus(status, absl::Now()));
                                      if (redraw) session.console.out << "\nCtrl-C ends.\n";
                                      // Nobody reads on once standard output fails.
                                      return static_cast<bool>(session.console.out.flush());
                                    });
}

}  // namespace

absl::Status Run(const StatusCommand& command, Session& session) {
  if (absl::Status s = CheckUtf8("--listener", command.listener); !s.ok()) return s;
  if (command.watch) return Watch(command, session);
  api::GetStatusRequest request;
  request.set_listener(command.listener);
  const auto response = session.client.GetStatus(request);
  if (!response.ok()) return response.status();
  Show(session, *response, RenderStatus(response->status(), absl::Now()));
  return absl::OkStatus();
}

absl::Status Run(const CountsCommand& command, Session& session) {
  if (absl::Status s = CheckUtf8("--listener", command.listener); !s.ok()) return s;
  api::GetConnectionCountsRequest request;
  request.set_listener(command.listener);
  const auto response = session.client.GetConnectionCounts(request);
  if (!response.ok()) return response.status();
  Show(session, *response, RenderCounts(*response));
  return absl::OkStatus();
}

}  // namespace greeter::admin_cli
