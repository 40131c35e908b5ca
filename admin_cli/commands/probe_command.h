// probe: greets as clients do; the only command that talks to no admin port.

#ifndef GREETER_ADMIN_CLI_COMMANDS_PROBE_COMMAND_H_
#define GREETER_ADMIN_CLI_COMMANDS_PROBE_COMMAND_H_

#include "absl/status/statusor.h"
#include "admin_cli/client/exit_code.h"
#include "admin_cli/command_line/command_line.h"
#include "admin_cli/commands/commands.h"

namespace greeter::admin_cli {

// Probes, and prints what was seen: kOk if that was expected, kUnexpected if not. Blocks until all
// connections have ended or the user ends it. INVALID_ARGUMENT if the address or the pattern is
// none, UNKNOWN if it can't be done here.
absl::StatusOr<ExitCode> Probe(const ProbeCommand& command, Output output, Console& console);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_COMMANDS_PROBE_COMMAND_H_
