#include "admin_cli/watch/fleet_watch.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "admin_cli/client/exit_code.h"
#include "admin_cli/terminal/readable.h"
#include "admin_cli/views/documents.h"
#include "admin_cli/views/fleet_text.h"
#include "admin_cli/views/render.h"
#include "admin_cli/watch/fleet_feed.h"
#include "admin_cli/watch/loops.h"
#include "base/wrap.h"

namespace greeter::admin_cli {
namespace {

// Why nobody could be asked, if the watch goes on all the same.
std::string Trying(const absl::Status& status) {
  return absl::StrCat("unreachable: ", Printable(std::string(status.message())),
                      "; trying again every second");
}

class FleetPicture {
 public:
  explicit FleetPicture(const Look& look) : look_(look) {}

  void Add(const FleetReport& report) {
    error_ = report.fleet.ok() ? "" : Trying(report.fleet.status());
    if (report.fleet.ok()) fleet_ = *report.fleet;
  }

  std::vector<std::string> Lines(const ScreenSize& size) const {
    if (!fleet_.has_value() && error_.empty()) return {"connecting"};
    std::string text;
    if (!error_.empty()) {
      text = absl::StrCat(look_.Paint(Hue::kRed, base::Wrap(error_, size.columns)), "\n\n");
    }
    if (fleet_.has_value()) absl::StrAppend(&text, RenderFleet(*fleet_, size.columns, look_));
    return absl::StrSplit(text, '\n');
  }

 private:
  const Look look_;
  // As last heard.
  std::optional<api::ListReplicasResponse> fleet_;
  std::string error_;
};

// What is new for who has read all before.
class FleetNews {
 public:
  // Why nobody could be asked; empty if that is known, or if somebody was.
  std::string Error(const absl::Status& status) {
    const std::string error = status.ok() ? "" : Trying(status);
    return std::exchange(error_, error) == error ? "" : error;
  }

  // In lines for people.
  std::string Lines(const FleetReport& report) {
    const std::string begin = absl::StrCat(Utc(report.at), "  ");
    const bool was_lost = !error_.empty();
    const std::string error = Error(report.fleet.status());
    if (!report.fleet.ok()) return error.empty() ? "" : absl::StrCat(begin, error, "\n");
    std::string out;
    if (was_lost) absl::StrAppend(&out, begin, "reached again\n");
    std::map<std::string, std::string> now;
    for (const api::Replica& replica : report.fleet->replicas()) {
      const std::string words = DescribeReplica(replica);
      if (const auto known = known_.find(replica.id());
          known == known_.end() || known->second != words) {
        absl::StrAppend(&out, begin, Printable(replica.id()), " is ", words, "\n");
      }
      now.emplace(replica.id(), words);
    }
    for (const auto& [id, words] : known_) {
      if (now.count(id) == 0) absl::StrAppend(&out, begin, Printable(id), " has left\n");
    }
    known_ = std::move(now);
    return out;
  }

 private:
  std::map<std::string, std::string> known_;
  std::string error_;
};

// Whether the watch is over: there never was an answer, or the answer was a refusal.
class FleetEnd {
 public:
  absl::Status Add(const FleetReport& report) {
    reached_ = reached_ || report.fleet.ok();
    const bool lost = ExitCodeFor(report.fleet.status()) == kUnreachable;
    return reached_ && lost ? absl::OkStatus() : report.fleet.status();
  }

 private:
  bool reached_ = false;
};

void Print(const FleetReport& report, const CommandLine& line, FleetNews& news, Console& console) {
  if (line.output == Output::kTable) {
    console.out << news.Lines(report);
    return;
  }
  const std::string error = news.Error(report.fleet.status());
  if (!error.empty()) console.err << "greeterctl: " << error << "\n";
  if (!report.fleet.ok()) return;
  console.out << RenderInStream(line.output, {"", &*report.fleet}, /*with_server=*/false);
}

}  // namespace

int WatchFleet(const CommandLine& line, const std::optional<Tls>& tls, Console& console) {
  FleetFeed feed(line.servers, line.timeout, tls);
  FleetEnd end;
  if (console.out_look.draws && line.output == Output::kTable) {
    FleetPicture picture(console.out_look);
    const auto take = [&] {
      const std::optional<FleetReport> report = feed.Take();
      if (!report.has_value()) return absl::OkStatus();
      picture.Add(*report);
      return end.Add(*report);
    };
    const auto draw = [&picture](const ScreenSize& size, absl::Time /*now*/) {
      return picture.Lines(size);
    };
    return WatchOnScreen({feed.fd(), take, draw}, console);
  }
  FleetNews news;
  const auto take = [&] {
    const std::optional<FleetReport> report = feed.Take();
    if (!report.has_value()) return absl::OkStatus();
    if (absl::Status over = end.Add(*report); !over.ok()) return over;
    Print(*report, line, news, console);
    return absl::OkStatus();
  };
  return WatchInLines({feed.fd(), take}, console);
}

}  // namespace greeter::admin_cli
