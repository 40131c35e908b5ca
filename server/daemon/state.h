// Where this greeterd keeps its state, as its options and its environment say.

#ifndef GREETER_DAEMON_STATE_H_
#define GREETER_DAEMON_STATE_H_

#include <spdlog/logger.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "control/config_store.h"
#include "daemon/options.h"

namespace greeter::daemon {

// The first directory of $STATE_DIRECTORY, which systemd sets (systemd.exec(5)), else
// $XDG_STATE_HOME/greeter, else ~/.local/state/greeter. FAILED_PRECONDITION if this user has no
// home.
absl::StatusOr<std::string> DefaultStateDirectory();

// The store that `options` ask for. A damaged file that was set aside is logged. The errors are
// those of store::SqliteStore::Open(), for the person who starts greeterd. Once, at start.
absl::StatusOr<std::unique_ptr<control::ConfigStore>> OpenStore(const Options& options,
                                                                spdlog::logger& logger);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_STATE_H_
