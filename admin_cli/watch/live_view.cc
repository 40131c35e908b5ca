#include "admin_cli/watch/live_view.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "admin_cli/terminal/readable.h"
#include "admin_cli/terminal/sparkline.h"
#include "admin_cli/terminal/table.h"
#include "admin_cli/terminal/text_width.h"
#include "admin_cli/views/render.h"
#include "base/wrap.h"

namespace greeter::admin_cli {
namespace {

// A server's reports come every second, if anything changes.
constexpr absl::Duration kSilence = absl::Milliseconds(1250);
constexpr size_t kWidestPlot = 60;
constexpr size_t kNarrowestPlot = 8;

std::string RateText(const std::deque<double>& rates) {
  return rates.empty() ? "-" : PerSecond(rates.back());
}

}  // namespace

LiveView::LiveView(const std::vector<std::string>& servers, const Look& look) : look_(look) {
  for (const std::string& address : servers) servers_.emplace_back().address = address;
}

void LiveView::Add(const Report& report) {
  Server& server = servers_[report.server];
  if (report.status.ok()) {
    server.status = *report.status;
    server.heard = report.at;
    server.lost.reset();
    server.rates.Add(*report.status, report.at);
    return;
  }
  if (!server.lost) server.lost = report.at;
  server.error = absl::StrCat(Printable(std::string(report.status.status().message())),
                              report.last ? "" : "; trying again every second");
}

void LiveView::Tick(absl::Time now) {
  for (Server& server : servers_) {
    if (server.status && !server.lost && now - server.heard > kSilence) {
      // What has come in the last second is not reported yet.
      server.rates.Add(*server.status, now - absl::Seconds(1));
    }
  }
}

std::string LiveView::Headline(const Server& server, absl::Time now) const {
  const std::string address = look_.Paint(Hue::kBold, server.address);
  if (server.lost) {
    return absl::StrCat(address, "  ", look_.Paint(Hue::kRed, "UNREACHABLE"), " for ",
                        Age(now - *server.lost),
                        server.status ? "; below is what it said last" : "", "\n");
  }
  if (!server.status) return absl::StrCat(address, "  connecting\n");
  const absl::Duration up = now - ToTime(server.status->start_time());
  return absl::StrCat(address, "  ", look_.Paint(Hue::kGreen, "connected"), "  up ",
                      Age(std::max(up, absl::ZeroDuration())), "  version ",
                      Printable(server.status->version()), "\n");
}

std::string LiveView::Table(const Server& server, size_t columns) const {
  std::vector<Column> titles = {{"LISTENER"},
                                {"STATE"},
                                {"ADDRESS"},
                                {"OPEN", Align::kRight},
                                {"ACCEPTED", Align::kRight},
                                {"PER SEC", Align::kRight}};
  std::vector<std::vector<Cell>> rows;
  for (const api::ListenerStatus& listener : server.status->listeners()) {
    Cell state = StateCell(listener.state());
    if (server.lost) state.hue = Hue::kDim;
    rows.push_back({Printable(listener.name()), state, AddressOf(listener),
                    WithCommas(listener.counts().open()), WithCommas(listener.counts().accepted()),
                    server.lost ? "-" : RateText(server.rates.Of(listener.name()))});
  }
  // The plot has what is left.
  const size_t widest = WidestOf(RenderTable(titles, rows));
  const size_t left = columns > widest + 3 ? std::min(columns - widest - 3, kWidestPlot) : 0;
  if (left < kNarrowestPlot) return RenderTable(titles, rows, look_);
  titles.push_back({left < 14 ? "PLOT" : absl::StrCat("LAST ", left, " S")});
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string& name = server.status->listeners(static_cast<int>(i)).name();
    rows[i].emplace_back(Sparkline(server.rates.Of(name), left, look_.utf8), Hue::kGreen);
  }
  return RenderTable(titles, rows, look_);
}

std::string LiveView::Block(const Server& server, size_t columns, absl::Time now) const {
  std::string out = Headline(server, now);
  // `title`, in its colour, and what it is about.
  const auto add = [&](Hue hue, const std::string& title, const std::string& text) {
    const std::string wrapped =
        base::Wrap(absl::StrCat(title, title.empty() ? "" : " ", text), columns);
    const bool whole = absl::StartsWith(wrapped, title);
    absl::StrAppend(&out, whole ? look_.Paint(hue, title) : "",
                    wrapped.substr(whole ? title.size() : 0), "\n");
  };
  if (server.lost) add(Hue::kPlain, "", server.error);
  if (!server.status) return out;
  const api::ServerStatus& status = *server.status;
  add(Hue::kPlain, "", absl::StrCat("revision ", DescribeRevision(status.revision())));
  for (const std::string& warning : status.warnings()) {
    add(Hue::kYellow, "warning:", Printable(warning));
  }
  absl::StrAppend(&out, "\n");
  if (status.listeners().empty()) return out + RenderListeners({}, look_);
  absl::StrAppend(&out, Table(server, columns));
  for (const api::ListenerStatus& listener : status.listeners()) {
    if (listener.error().empty()) continue;
    absl::StrAppend(&out, "\n");
    add(Hue::kRed, absl::StrCat(Printable(listener.name()), " failed:"),
        Printable(listener.error()));
  }
  return out;
}

std::vector<std::string> LiveView::Lines(const ScreenSize& size, absl::Time now) const {
  std::vector<std::string> lines;
  for (const Server& server : servers_) {
    std::vector<std::string> block = absl::StrSplit(Block(server, size.columns, now), '\n');
    lines.insert(lines.end(), block.begin(), block.end());
  }
  return lines;
}

}  // namespace greeter::admin_cli
