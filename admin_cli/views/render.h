// What greeterctl shows to people: tables and texts, each ending with a line feed. Nothing that
// comes from a server reaches a terminal as a control character.

#ifndef GREETER_ADMIN_CLI_VIEWS_RENDER_H_
#define GREETER_ADMIN_CLI_VIEWS_RENDER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "admin_cli/terminal/look.h"
#include "admin_cli/terminal/table.h"
#include "greeter/admin/v1/admin.pb.h"

namespace greeter::admin_cli {

namespace api = ::greeter::admin::v1;

// `text` with bytes that are no UTF-8, and control characters other than (if `keep_line_feeds`) the
// line feed, as \xNN.
std::string Printable(absl::string_view text, bool keep_line_feeds = false);

// The server, its revision, its listeners, and why listeners failed. `now` is for its uptime.
std::string RenderStatus(const api::ServerStatus& status, absl::Time now, const Look& look = {});

// One row a listener, and a total if there are several.
std::string RenderCounts(const api::GetConnectionCountsResponse& response, const Look& look = {});

struct NamedCounts {
  std::string name;
  api::ConnectionCounts counts;
};

// One row for each of `rows` below `title`, and `total` if they are several.
std::string RenderCountsTable(const std::string& title, const std::vector<NamedCounts>& rows,
                              const api::ConnectionCounts& total, const Look& look);

// The listeners' states, and why listeners failed.
std::string RenderListeners(const std::vector<api::ListenerStatus>& listeners,
                            const Look& look = {});

// "listening", "stopped" or "FAILED", as a cell in its colour.
Cell StateCell(api::ListenerStatus::State state);

// The address in use, or "-".
std::string AddressOf(const api::ListenerStatus& listener);

// A listener in words: "listening on 127.0.0.1:9190". No line feed.
std::string DescribeState(const api::ListenerStatus& listener, const Look& look = {});

absl::Time ToTime(const google::protobuf::Timestamp& time);

// A revision on one line: "3, 2026-11-23 01:06:28 UTC, by alice: set message of default". No line
// feed.
std::string DescribeRevision(const api::Revision& revision);

// A greeting for a terminal: whose it is, ending, size, then the message.
std::string RenderGreeting(const std::string& listener, const api::Greeting& greeting,
                           const Look& look = {});

// The payload alone.
std::string PayloadOf(const api::Greeting& greeting);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_VIEWS_RENDER_H_
