#include "daemon/state.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "command_line/fleet_options.h"
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

absl::StatusOr<std::unique_ptr<store::SqliteStore>> OpenFile(const Options& options,
                                                             spdlog::logger& logger) {
  std::string directory = options.state_dir;
  if (directory.empty()) {
    absl::StatusOr<std::string> found = DefaultStateDirectory();
    if (!found.ok()) return found.status();
    directory = *std::move(found);
  }
  absl::StatusOr<std::unique_ptr<store::SqliteStore>> store = store::SqliteStore::Open(
      directory, {.history = options.history, .reset_damaged = options.state_reset});
  if (store.ok() && !(*store)->set_aside().empty()) {
    logger.warn("the recorded state was damaged: begins anew, and keeps the damaged file as {}",
                (*store)->set_aside());
  }
  return store;
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

absl::StatusOr<State> State::Open(const Options& options, spdlog::logger* logger) {
  State state;
  std::unique_ptr<store::SqliteStore> file;
  if (options.state_dir != kNoStateDirectory) {
    absl::StatusOr<std::unique_ptr<store::SqliteStore>> opened = OpenFile(options, *logger);
    if (!opened.ok()) return opened.status();
    file = *std::move(opened);
  }
  if (options.fleet.given()) {
    absl::StatusOr<etcd::Options> etcd = command_line::EtcdOptionsOf(options.fleet);
    if (!etcd.ok()) return etcd.status();
    state.etcd_ = std::make_unique<etcd::Client>(*std::move(etcd));
    state.fleet_ = std::make_unique<fleet::EtcdStore>(
        state.etcd_.get(), std::move(file),
        fleet::EtcdStore::Options{.fleet = options.fleet.name, .history = options.history}, logger);
  } else if (file != nullptr) {
    state.alone_ = std::move(file);
  } else {
    state.alone_ = std::make_unique<store::MemoryStore>(options.history);
  }
  return state;
}

}  // namespace greeter::daemon
