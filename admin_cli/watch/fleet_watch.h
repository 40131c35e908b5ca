// fleet --watch: on a terminal a picture that stays up to date, elsewhere what changes.

#ifndef GREETER_ADMIN_CLI_WATCH_FLEET_WATCH_H_
#define GREETER_ADMIN_CLI_WATCH_FLEET_WATCH_H_

#include <optional>

#include "admin_cli/client/tls.h"
#include "admin_cli/commands/commands.h"

namespace greeter::admin_cli {

// Until the user ends it, nobody reads the output any more, or the fleet can't be asked: if not
// even once, or if a server refuses to answer; then the exit code is that of the error, and
// `console.err` has it. Servers that are lost are tried again. Blocks.
int WatchFleet(const CommandLine& line, const std::optional<Tls>& tls, Console& console);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_WATCH_FLEET_WATCH_H_
