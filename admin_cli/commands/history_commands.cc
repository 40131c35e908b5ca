// history, show and rollback.

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "admin_cli/commands/commands.h"
#include "admin_cli/commands/dry_run.h"
#include "admin_cli/terminal/readable.h"
#include "admin_cli/terminal/screen_size.h"
#include "admin_cli/terminal/table.h"
#include "admin_cli/views/render.h"
#include "config/config_text.h"

namespace greeter::admin_cli {
namespace {

// The largest page that the API gives.
constexpr uint64_t kMaxPageSize = 1000;

std::string RenderHistory(const api::ListRevisionsResponse& history, const Look& look) {
  const std::vector<Column> columns = {
      {"REV", Align::kRight}, {"TIME (UTC)"}, {"AUTHOR"}, {"ACTION"}, {"COMMENT"}};
  std::vector<Row> rows;
  for (const api::Revision& revision : history.revisions()) {
    const std::string time = revision.has_time() ? Utc(ToTime(revision.time())) : "-";
    // The newest one is the current one.
    const bool current = rows.empty();
    rows.push_back(
        {{absl::StrCat(current ? "*" : "", revision.number()), current ? Hue::kGreen : Hue::kPlain},
         std::string(absl::StripSuffix(time, " UTC")),
         Printable(revision.author()),
         Printable(revision.action()),
         Printable(revision.comment())});
  }
  if (look.is_terminal) {
    rows = FitLastColumn(columns, std::move(rows), SizeOf(STDOUT_FILENO).columns);
  }
  std::string out = RenderTable(columns, rows, look);
  if (!history.next_page_token().empty()) {
    absl::StrAppend(&out, "\nThere are older ones: \"greeterctl history --limit ",
                    5 * history.revisions_size(), "\", or \"--limit 0\" for all.\n");
  }
  return out;
}

// In lines that are comments to YAML.
std::string RenderRevision(const api::Revision& revision) {
  std::string out = absl::StrCat("# revision  ", revision.number(), "\n");
  const auto append = [&out](const char* name, const std::string& value) {
    if (!value.empty()) absl::StrAppend(&out, "# ", name, value, "\n");
  };
  append("time      ", revision.has_time() ? Utc(ToTime(revision.time())) : "");
  append("author    ", Printable(revision.author()));
  append("action    ", Printable(revision.action()));
  append("comment   ", Printable(revision.comment()));
  return out;
}

}  // namespace

absl::StatusOr<api::ListRevisionsResponse> ListRevisions(Client& client, uint64_t limit) {
  api::ListRevisionsResponse all;
  api::ListRevisionsRequest request;
  while (true) {
    const auto listed = static_cast<uint64_t>(all.revisions_size());
    const uint64_t wanted = limit == 0 ? kMaxPageSize : std::min(limit - listed, kMaxPageSize);
    request.set_page_size(static_cast<uint32_t>(wanted));
    auto page = client.ListRevisions(request);
    if (!page.ok()) return page.status();
    all.mutable_revisions()->MergeFrom(page->revisions());
    all.set_next_page_token(page->next_page_token());
    const bool is_enough = limit != 0 && static_cast<uint64_t>(all.revisions_size()) >= limit;
    // A page without revisions would be asked for again and again.
    if (is_enough || page->next_page_token().empty() || page->revisions().empty()) return all;
    request.set_page_token(page->next_page_token());
  }
}

absl::StatusOr<Ask> Prepare(const HistoryCommand& command, const Console& console) {
  return
      [limit = command.limit, look = console.out_look](Client& client) -> absl::StatusOr<Answer> {
        auto history = ListRevisions(client, limit);
        if (!history.ok()) return history.status();
        std::string text = RenderHistory(*history, look);
        return MakeAnswer(*std::move(history), std::move(text));
      };
}

absl::StatusOr<Ask> Prepare(const ShowCommand& command, const Console& /*console*/) {
  api::GetConfigRequest request;
  request.set_revision(command.revision);
  return [request](Client& client) -> absl::StatusOr<Answer> {
    auto response = client.GetConfig(request);
    if (!response.ok()) return response.status();
    std::string text =
        absl::StrCat(RenderRevision(response->revision()), config::ToYaml(response->config()));
    return MakeAnswer(*std::move(response), std::move(text));
  };
}

absl::StatusOr<Ask> Prepare(const RollBackCommand& command, const Console& console) {
  auto change = ToChangeOptions(command.change);
  if (!change.ok()) return change.status();
  api::RollBackRequest request;
  request.set_revision(command.revision);
  *request.mutable_change() = *std::move(change);
  if (command.dry_run) return DryRunOf(&Client::RollBack, request, console.out_look);
  return [request, look = console.out_look](Client& client) -> absl::StatusOr<Answer> {
    auto response = client.RollBack(request);
    if (!response.ok()) return response.status();
    std::string text = absl::StrCat(
        "The config of revision ", request.revision(), " is in force as revision ",
        response->revision().number(), ".\n\n",
        RenderListeners({response->listeners().begin(), response->listeners().end()}, look));
    return MakeAnswer(*std::move(response), std::move(text));
  };
}

}  // namespace greeter::admin_cli
