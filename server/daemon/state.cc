#include "daemon/state.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "store/memory_store.h"
#include "store/sqlite_store.h"

namespace greeter::daemon {
namespace {

std::string Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string Home() {
  const std::string home = Variable("HOME");
  if (!home.empty()) return home;
  std::vector<char> buffer(16'384);
  passwd entry = {};
  passwd* found = nullptr;
  getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? "" : entry.pw_dir;
}

}  // namespace

absl::StatusOr<std::string> DefaultStateDirectory() {
  const std::string systemd = Variable("STATE_DIRECTORY");
  if (!systemd.empty()) return systemd.substr(0, systemd.find(':'));
  // A relative path there is to be ignored (XDG Base Directory Specification).
  const std::string xdg = Variable("XDG_STATE_HOME");
  if (!xdg.empty() && xdg.front() == '/') return absl::StrCat(xdg, "/greeter");
  const std::string home = Home();
  if (!home.empty()) return absl::StrCat(home, "/.local/state/greeter");
  return absl::FailedPreconditionError(absl::StrCat(
      "user ID ", geteuid(),
      " has no home to keep state in; give a directory with --state-dir, or \"none\" to keep state "
      "in memory only"));
}

absl::StatusOr<std::unique_ptr<control::ConfigStore>> OpenStore(const Options& options,
                                                                spdlog::logger& logger) {
  if (options.state_dir == kNoStateDirectory) {
    return std::make_unique<store::MemoryStore>(options.history);
  }
  std::string directory = options.state_dir;
  if (directory.empty()) {
    absl::StatusOr<std::string> found = DefaultStateDirectory();
    if (!found.ok()) return found.status();
    directory = *std::move(found);
  }
  absl::StatusOr<std::unique_ptr<store::SqliteStore>> store = store::SqliteStore::Open(
      directory, {.history = options.history, .reset_damaged = options.state_reset});
  if (!store.ok()) return store.status();
  if (!(*store)->set_aside().empty()) {
    logger.warn("the recorded state was damaged: begins anew, and keeps the damaged file as {}",
                (*store)->set_aside());
  }
  return *std::move(store);
}

}  // namespace greeter::daemon
