// One question to every server that the command line names, and what came of it.

#ifndef GREETER_ADMIN_CLI_COMMANDS_ASK_SERVERS_H_
#define GREETER_ADMIN_CLI_COMMANDS_ASK_SERVERS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "admin_cli/client/tls.h"
#include "admin_cli/commands/commands.h"

namespace greeter::admin_cli {

struct ServersAnswer {
  std::string server;
  absl::StatusOr<Answer> answer;
};

// Asks all of `line.servers` at the same time, with a bar on a terminal if that takes long. In the
// servers' order. Blocks.
std::vector<ServersAnswer> AskServers(const CommandLine& line, const std::optional<Tls>& tls,
                                      const Ask& ask, Console& console);

// The exit code of a command that was asked of several servers: kUnreachable if one could not be
// reached, else the code of those that failed, or `failed` if they failed differently; if none did,
// the highest of the answers' codes. `failed` stands in for kFailure, too.
ExitCode ExitCodeOf(const std::vector<ServersAnswer>& answers, ExitCode failed);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_COMMANDS_ASK_SERVERS_H_
