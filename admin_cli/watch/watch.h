// status --watch: on a terminal a picture that stays up to date, elsewhere what changes.

#ifndef GREETER_ADMIN_CLI_WATCH_WATCH_H_
#define GREETER_ADMIN_CLI_WATCH_WATCH_H_

#include <optional>

#include "admin_cli/client/tls.h"
#include "admin_cli/commands/commands.h"

namespace greeter::admin_cli {

// Until the user ends it, nobody reads the output any more, or no server can be watched: then the
// exit code is that of the error, and `console.err` has it. A server that is lost is tried again;
// not so if none was ever reached. Blocks.
int Watch(const StatusCommand& command, const CommandLine& line, const std::optional<Tls>& tls,
          Console& console);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_WATCH_WATCH_H_
