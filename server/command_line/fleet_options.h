// How a command line names a fleet and the etcd that keeps it. Any thread.

#ifndef GREETER_COMMAND_LINE_FLEET_OPTIONS_H_
#define GREETER_COMMAND_LINE_FLEET_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace CLI {
class App;
}

namespace greeter::etcd {
struct Options;
}

namespace greeter::command_line {

struct FleetOptions {
  // Empty: none is named.
  std::string name;
  // host:port, at least one if a fleet is named.
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

// Adds them to the command line; `meaning` is what --fleet is for. `options` outlives `app`.
void AddFleetOptions(CLI::App& app, const char* meaning, FleetOptions& options);

// INVALID_ARGUMENT if they don't go together. One line: which option, why, and what would be right.
absl::Status CheckFleetOptions(const FleetOptions& options);

// What a client of that etcd needs, for options that go together. Reads and checks the files for
// TLS; errors as tls::ReadClientTls().
absl::StatusOr<etcd::Options> EtcdOptionsOf(const FleetOptions& options);

}  // namespace greeter::command_line

#endif  // GREETER_COMMAND_LINE_FLEET_OPTIONS_H_
