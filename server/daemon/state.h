// Where this greeterd keeps its state, as its options and its environment say.

#ifndef GREETER_DAEMON_STATE_H_
#define GREETER_DAEMON_STATE_H_

#include <spdlog/logger.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "control/config_store.h"
#include "daemon/options.h"
#include "etcd/client.h"
#include "fleet/etcd_store.h"

namespace greeter::daemon {

// The first directory of $STATE_DIRECTORY, which systemd sets (systemd.exec(5)), else
// $XDG_STATE_HOME/greeter, else ~/.local/state/greeter. FAILED_PRECONDITION if this user has no
// home.
absl::StatusOr<std::string> DefaultStateDirectory();

// The stores that `options` ask for.
class State {
 public:
  // A damaged file that was set aside is logged. The errors are those of store::SqliteStore::Open()
  // and of the files for etcd's TLS, for the person who starts greeterd. `logger` outlives it.
  // Once, at start.
  static absl::StatusOr<State> Open(const Options& options, spdlog::logger* logger);

  control::ConfigStore* store() const { return fleet_ ? fleet_.get() : alone_.get(); }

  // What store() is in a fleet, and the etcd that keeps it; null without one.
  fleet::EtcdStore* fleet_store() const { return fleet_.get(); }
  etcd::Client* etcd() const { return etcd_.get(); }

 private:
  std::unique_ptr<control::ConfigStore> alone_;
  std::unique_ptr<etcd::Client> etcd_;
  std::unique_ptr<fleet::EtcdStore> fleet_;  // null: alone
};

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_STATE_H_
