#include "daemon/listener_log.h"

#include "absl/strings/str_cat.h"

namespace greeter::daemon {
namespace {

std::string Describe(const api::ListenerStatus& listener) {
  switch (listener.state()) {
    case api::ListenerStatus::STATE_LISTENING:
      return absl::StrCat("serves on ", listener.bound_address());
    case api::ListenerStatus::STATE_FAILED:
      return absl::StrCat("failed and will be tried again: ", listener.error());
    default:
      return "is stopped";
  }
}

}  // namespace

void ListenerLog::operator()(const control::Snapshot& snapshot) {
  std::map<std::string, std::string> now;
  for (const api::ListenerStatus& listener : snapshot.listeners) {
    const bool failed = listener.state() == api::ListenerStatus::STATE_FAILED;
    const std::string description = Describe(listener);
    now[listener.name()] = description;
    const auto before = logged_.find(listener.name());
    if (before != logged_.end() && before->second == description) continue;
    if (failed) {
      logger_->error("listener \"{}\" {}", listener.name(), description);
    } else if (!first_) {
      logger_->info("listener \"{}\" {}", listener.name(), description);
    }
  }
  for (const auto& [name, description] : logged_) {
    if (now.count(name) == 0) logger_->info("listener \"{}\" is removed", name);
  }
  logged_ = std::move(now);
  first_ = false;
}

}  // namespace greeter::daemon
