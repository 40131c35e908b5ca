#include "admin_cli/views/fleet_text.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "admin_cli/terminal/readable.h"
#include "admin_cli/terminal/table.h"
#include "admin_cli/terminal/text_width.h"
#include "base/wrap.h"

namespace greeter::admin_cli {
namespace {

// How many revisions it is behind.
uint64_t LagOf(const api::Replica& replica, const api::ListReplicasResponse& fleet) {
  return fleet.revision() - std::min(fleet.revision(), replica.applied_revision());
}

Cell LagCell(uint64_t lag) { return {absl::StrCat(lag), lag > 0 ? Hue::kYellow : Hue::kPlain}; }

// One a replica, and their sums; the last cell is the error.
std::vector<Row> RowsOf(const api::ListReplicasResponse& fleet) {
  std::vector<Row> rows;
  uint64_t lag = 0;
  double rate = 0;
  bool has_rate = false;
  for (const api::Replica& replica : fleet.replicas()) {
    lag = std::max(lag, LagOf(replica, fleet));
    rate += replica.accept_rate();
    has_rate = has_rate || replica.has_accept_rate();
    rows.push_back({Printable(replica.id()), ReplicaStateCell(replica.state()),
                    absl::StrCat(replica.applied_revision()), LagCell(LagOf(replica, fleet)),
                    WithCommas(replica.counts().accepted()),
                    replica.has_accept_rate() ? PerSecond(replica.accept_rate()) : "-",
                    Printable(replica.error())});
  }
  const int all = fleet.replicas_size();
  rows.push_back({{absl::StrCat(all, all == 1 ? " replica" : " replicas"), Hue::kBold},
                  "",
                  absl::StrCat(fleet.revision()),
                  LagCell(lag),
                  WithCommas(fleet.total().accepted()),
                  has_rate ? PerSecond(rate) : "-",
                  ""});
  return rows;
}

}  // namespace

Cell ReplicaStateCell(api::Replica::State state) {
  switch (state) {
    case api::Replica::STATE_SERVING:
      return {"serving", Hue::kGreen};
    case api::Replica::STATE_FAILED:
      return {"FAILED", Hue::kRed};
    case api::Replica::STATE_SILENT:
      return {"silent", Hue::kYellow};
    default:
      return "unknown";
  }
}

std::string DescribeReplica(const api::Replica& replica) {
  return absl::StrCat(ReplicaStateCell(replica.state()).text, ", revision ",
                      replica.applied_revision(), replica.error().empty() ? "" : ": ",
                      Printable(replica.error()));
}

std::string RenderFleet(const api::ListReplicasResponse& fleet, size_t width, const Look& look) {
  const std::string title =
      fleet.fleet().empty()
          ? "This greeterd belongs to no fleet.\n\n"
          : absl::StrCat(look.Paint(Hue::kBold, "fleet"), "  ", Printable(fleet.fleet()), "\n\n");
  std::vector<Row> rows = RowsOf(fleet);
  std::vector<Column> columns = {{"REPLICA"},
                                 {"STATE"},
                                 {"REVISION", Align::kRight},
                                 {"LAG", Align::kRight},
                                 {"ACCEPTED", Align::kRight},
                                 {"PER SEC", Align::kRight},
                                 {"ERROR"}};
  const std::vector<Row> fitting = FitLastColumn(columns, rows, width);
  if (WidestOf(RenderTable(columns, fitting)) <= width) {
    return title + RenderTable(columns, fitting, look);
  }
  // Then errors are below.
  std::string errors;
  for (Row& row : rows) {
    const std::string error = row.back().text;
    row.pop_back();
    if (error.empty()) continue;
    absl::StrAppend(&errors, "\n", base::Wrap(absl::StrCat(row[0].text, ": ", error), width), "\n");
  }
  columns.pop_back();
  return absl::StrCat(title, RenderTable(columns, rows, look), errors);
}

std::string RenderFleetCounts(const api::ListReplicasResponse& fleet, const Look& look) {
  std::vector<NamedCounts> rows;
  for (const api::Replica& replica : fleet.replicas()) {
    rows.push_back({replica.id(), replica.counts()});
  }
  return RenderCountsTable("REPLICA", rows, fleet.total(), look);
}

}  // namespace greeter::admin_cli
