#include "admin_cli/watch/watch.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "admin_cli/terminal/screen.h"
#include "admin_cli/views/documents.h"
#include "admin_cli/views/render.h"
#include "admin_cli/watch/change_lines.h"
#include "admin_cli/watch/feed.h"
#include "admin_cli/watch/live_view.h"
#include "admin_cli/watch/loops.h"

namespace greeter::admin_cli {
namespace {

// Which servers can still be watched.
class Watched {
 public:
  explicit Watched(size_t servers) : errors_(servers, absl::OkStatus()) {}

  void Add(const Report& report) {
    errors_[report.server] = report.status.ok() ? absl::OkStatus() : report.status.status();
    reached_ = reached_ || report.status.ok();
    lasting_ += report.last ? 1 : 0;
  }

  // Why the watch is over: no server can be watched any more, or none ever could; else OK.
  absl::Status End() const {
    const bool all_fail =
        std::none_of(errors_.begin(), errors_.end(), [](const auto& e) { return e.ok(); });
    return all_fail && (!reached_ || lasting_ == errors_.size()) ? errors_.front()
                                                                 : absl::OkStatus();
  }

 private:
  // Of each server's last report.
  std::vector<absl::Status> errors_;
  bool reached_ = false;
  size_t lasting_ = 0;
};

// One report, or nothing, for what is no terminal.
void Print(const Report& report, const CommandLine& line, ChangeLines& lines, Console& console) {
  if (line.output == Output::kTable) {
    console.out << lines.Of(report);
    return;
  }
  const bool several = line.servers.size() > 1;
  if (!report.status.ok() && !several) {
    if (!report.last) {
      console.err << "greeterctl: " << Printable(std::string(report.status.status().message()))
                  << "; trying again\n";
    }
    return;
  }
  api::WatchStatusResponse update;
  if (report.status.ok()) *update.mutable_status() = *report.status;
  console.out << RenderInStream(
      line.output,
      {line.servers[report.server], report.status.ok() ? &update : nullptr, report.status.status()},
      several);
}

}  // namespace

int Watch(const StatusCommand& command, const CommandLine& line, const std::optional<Tls>& tls,
          Console& console) {
  if (absl::Status s = CheckUtf8("--listener", command.listener); !s.ok()) {
    return FailWatch(s, console);
  }
  Feed feed(line.servers, command.listener, line.timeout, tls);
  Watched watched(line.servers.size());
  if (console.out_look.draws && line.output == Output::kTable) {
    LiveView view(line.servers, console.out_look);
    const auto take = [&] {
      for (const Report& report : feed.Take()) {
        view.Add(report);
        watched.Add(report);
      }
      return watched.End();
    };
    const auto picture = [&view](const ScreenSize& size, absl::Time now) {
      view.Tick(now);
      return view.Lines(size, now);
    };
    return WatchOnScreen({feed.fd(), take, picture}, console);
  }
  ChangeLines lines(line.servers);
  const auto take = [&] {
    for (const Report& report : feed.Take()) {
      watched.Add(report);
      if (absl::Status end = watched.End(); !end.ok()) return end;
      Print(report, line, lines, console);
    }
    return absl::OkStatus();
  };
  return WatchInLines({feed.fd(), take}, console);
}

}  // namespace greeter::admin_cli
