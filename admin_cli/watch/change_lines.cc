#include "admin_cli/watch/change_lines.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "admin_cli/terminal/readable.h"
#include "admin_cli/views/render.h"

namespace greeter::admin_cli {
namespace {

// No listener has such names.
constexpr char kReached[] = "";
constexpr char kRevision[] = "revision ";

}  // namespace

ChangeLines::ChangeLines(std::vector<std::string> servers)
    : servers_(std::move(servers)), known_(servers_.size()) {}

std::string ChangeLines::Of(const Report& report) {
  const std::string begin = absl::StrCat(
      Utc(report.at), "  ", servers_.size() > 1 ? absl::StrCat(servers_[report.server], "  ") : "");
  std::map<std::string, std::string>& known = known_[report.server];
  std::string out;
  const auto tell = [&](const std::string& what, const std::string& words) {
    std::string& before = known[what];
    if (before == words) return;
    before = words;
    absl::StrAppend(&out, begin, words, "\n");
  };
  if (!report.status.ok()) {
    tell(kReached,
         absl::StrCat("unreachable: ", Printable(std::string(report.status.status().message())),
                      report.last ? "" : "; trying again"));
    return out;
  }
  if (!known[kReached].empty()) tell(kReached, "reached again");
  known[kReached] = "";
  std::map<std::string, std::string> gone = known;
  tell(kRevision, absl::StrCat("revision ", DescribeRevision(report.status->revision())));
  for (const api::ListenerStatus& listener : report.status->listeners()) {
    tell(listener.name(), absl::StrCat(Printable(listener.name()), " is ", DescribeState(listener),
                                       ", ", listener.counts().open(), " open, ",
                                       listener.counts().accepted(), " accepted"));
    gone.erase(listener.name());
  }
  for (const auto& [name, words] : gone) {
    if (name == kReached || name == kRevision || words.empty()) continue;
    absl::StrAppend(&out, begin, Printable(name), " is removed\n");
    known.erase(name);
  }
  return out;
}

}  // namespace greeter::admin_cli
