// The part of greeterd's options that is about its fleet: its name, and the etcd that keeps it.

#ifndef GREETER_DAEMON_FLEET_OPTIONS_H_
#define GREETER_DAEMON_FLEET_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace CLI {
class App;
}

namespace greeter::daemon {

struct FleetOptions {
  // Empty: it belongs to none.
  std::string name;
  // host:port, at least one in a fleet.
  std::vector<std::string> etcd;
  // Files in PEM. With the first, TLS; the other two both or neither.
  std::string ca;
  std::string certificate;
  std::string key;
  // Both or neither.
  std::string user;
  std::string password_file;

  bool given() const { return !name.empty(); }
};

// Adds them to the command line. `options` outlives `app`.
void AddFleetOptions(CLI::App& app, FleetOptions& options);

// INVALID_ARGUMENT if they don't go together. One line: which option, why, and what would be right.
absl::Status CheckFleetOptions(const FleetOptions& options);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_FLEET_OPTIONS_H_
