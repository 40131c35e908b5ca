#include "daemon/service_notifier.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace greeter::daemon {
namespace {

constexpr size_t kMostListed = 8;
// Pauses and checks within the time after which systemd takes the service for dead: between two
// that are answered there may be a pause, a check that is not, and another pause.
constexpr int kChecksPerWatchdog = 4;
// What a stop takes besides waiting for clients.
constexpr absl::Duration kStopMargin = absl::Seconds(10);

std::string Describe(const api::ListenerStatus& listener) {
  switch (listener.state()) {
    case api::ListenerStatus::STATE_LISTENING:
      return absl::StrCat(listener.name(), " on ", listener.bound_address());
    case api::ListenerStatus::STATE_FAILED:
      return absl::StrCat(listener.name(), " FAILED (", listener.error(), ")");
    default:
      return absl::StrCat(listener.name(), " stopped");
  }
}

void Notify(const std::string& state) { sd_notify(/*unset_environment=*/0, state.c_str()); }

}  // namespace

std::string ServiceStatus(const control::Snapshot& snapshot) {
  std::vector<std::string> failed;
  std::vector<std::string> others;
  for (const api::ListenerStatus& listener : snapshot.listeners) {
    const bool has_failed = listener.state() == api::ListenerStatus::STATE_FAILED;
    (has_failed ? failed : others).push_back(Describe(listener));
  }
  std::vector<std::string> listed = failed;
  listed.insert(listed.end(), others.begin(), others.end());
  const size_t all = listed.size();
  listed.resize(std::min(all, kMostListed));
  std::string status =
      absl::StrCat("revision ", snapshot.revision.number(), ": ", absl::StrJoin(listed, ", "));
  if (all > listed.size()) absl::StrAppend(&status, " and ", all - listed.size(), " more");
  // A line feed, as the path of a unix socket may have, would begin another message.
  std::replace_if(
      status.begin(), status.end(),
      [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); }, '?');
  return status;
}

ServiceNotifier::ServiceNotifier(control::Controller& controller,
                                 admin::SelfCheck::Options& check) {
  controller.Observe([](const control::Snapshot& snapshot) {
    Notify(absl::StrCat("STATUS=", ServiceStatus(snapshot)));
  });
  uint64_t microseconds = 0;
  if (sd_watchdog_enabled(/*unset_environment=*/0, &microseconds) <= 0) return;
  const absl::Duration watchdog = absl::Microseconds(static_cast<int64_t>(microseconds));
  check.interval = std::min(check.interval, watchdog / kChecksPerWatchdog);
  check.timeout = std::min(check.timeout, watchdog / kChecksPerWatchdog);
  check.on_answer = [] { Notify("WATCHDOG=1"); };
}

void ServiceNotifier::Ready() {
  const std::lock_guard lock(mutex_);
  if (!stopping_) Notify("READY=1");
}

void ServiceNotifier::Reloading() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t since = absl::ToInt64Microseconds(absl::DurationFromTimespec(now));
  const std::lock_guard lock(mutex_);
  if (!stopping_) Notify(absl::StrCat("RELOADING=1\nMONOTONIC_USEC=", since));
}

void ServiceNotifier::Stopping(absl::Duration most) {
  const int64_t microseconds = absl::ToInt64Microseconds(most + kStopMargin);
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  Notify(absl::StrCat("STOPPING=1\nEXTEND_TIMEOUT_USEC=", microseconds));
}

}  // namespace greeter::daemon
