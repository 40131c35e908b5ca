// What a shell's completion is answered, once the server was asked where that is needed.

#ifndef GREETER_ADMIN_CLI_COMPLETION_ANSWER_SHELL_H_
#define GREETER_ADMIN_CLI_COMPLETION_ANSWER_SHELL_H_

#include <optional>
#include <string>

#include "admin_cli/client/tls.h"
#include "admin_cli/command_line/command_line.h"

namespace greeter::admin_cli {

// The lines that the scripts read: ":files", or candidates. Waits no longer than `line.timeout` for
// the servers of `line`; those that don't answer know nothing.
std::string AnswerShell(const Completion& completion, const CommandLine& line,
                        const std::optional<Tls>& tls);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_COMPLETION_ANSWER_SHELL_H_
