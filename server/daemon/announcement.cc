#include "daemon/announcement.h"

#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "daemon/options.h"
#include "net/nonblocking_output.h"

namespace greeter::daemon {

namespace {

// What finds no room is not printed: a reader who has stopped reading must not keep main() from
// waiting for signals.
void Print(absl::string_view text) {
  net::NonblockingOutput output(STDOUT_FILENO);
  while (!text.empty()) {
    const ssize_t written = output.Write(text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

void Announce(const control::Snapshot& snapshot, const Surfaces& surfaces) {
  std::string lines;
  for (const api::ListenerStatus& listener : snapshot.listeners) {
    if (listener.state() != api::ListenerStatus::STATE_LISTENING) continue;
    absl::StrAppend(&lines, "listener \"", listener.name(), "\" serves on ",
                    listener.bound_address(), "\n");
  }
  if (!surfaces.page.empty()) {
    absl::StrAppend(&lines, "status page on ", surfaces.page, ", metrics on ", surfaces.page,
                    "metrics\n");
  }
  if (!surfaces.health.empty()) {
    absl::StrAppend(&lines, "health service on ", surfaces.health, "\n");
  }
  const bool usual = surfaces.admin == AdminOptions().address;
  absl::StrAppend(&lines, "admin service on ", surfaces.admin, "; try: greeterctl ",
                  usual ? "" : absl::StrCat("--server ", surfaces.admin, " "),
                  surfaces.admin_has_tls ? "--ca FILE --cert FILE --key FILE " : "", "status\n");
  Print(lines);
}

}  // namespace greeter::daemon
