// The servers that --server names. For command_line.cc alone.

#ifndef GREETER_ADMIN_CLI_COMMAND_LINE_SERVER_LIST_H_
#define GREETER_ADMIN_CLI_COMMAND_LINE_SERVER_LIST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace greeter::admin_cli {

// Appends the addresses in `text`, with commas between, to `servers`; or gives what is wrong with
// them.
std::string ReadServers(absl::string_view text, std::vector<std::string>& servers);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_COMMAND_LINE_SERVER_LIST_H_
