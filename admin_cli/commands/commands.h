// greeterctl's commands: each makes one request and shows its answer.

#ifndef GREETER_ADMIN_CLI_COMMANDS_COMMANDS_H_
#define GREETER_ADMIN_CLI_COMMANDS_COMMANDS_H_

#include <istream>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "admin_cli/client/client.h"
#include "admin_cli/client/exit_code.h"
#include "admin_cli/command_line/command_line.h"
#include "google/protobuf/message.h"

namespace greeter::admin_cli {

// Where a command reads and writes; everything must outlive it.
struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  // Readable once the user wants to end a watch; -1: never.
  int interrupt_fd = -1;
};

// Runs the command of `line`; returns the exit code. An error is one line on `err`, and one for
// every value that the server refused. Blocks.
int RunCommand(const CommandLine& line, Console& console);

// What follows is shared by the commands.

// A command with what it needs to run.
struct Session {
  Client& client;
  Console& console;
  Output output;
  // The exit code of a command that succeeds, and of one whose failure has no code of its own; a
  // command may set them.
  ExitCode done = kOk;
  ExitCode failed = kFailure;
};

absl::Status Run(const VersionCommand& command, Session& session);
absl::Status Run(const StatusCommand& command, Session& session);
absl::Status Run(const CountsCommand& command, Session& session);
absl::Status Run(const MessageGetCommand& command, Session& session);
absl::Status Run(const MessageSetCommand& command, Session& session);
absl::Status Run(const StartCommand& command, Session& session);
absl::Status Run(const StopCommand& command, Session& session);
absl::Status Run(const ConfigGetCommand& command, Session& session);
absl::Status Run(const ConfigApplyCommand& command, Session& session);
absl::Status Run(const ConfigDiffCommand& command, Session& session);
absl::Status Run(const HistoryCommand& command, Session& session);
absl::Status Run(const ShowCommand& command, Session& session);
absl::Status Run(const RollBackCommand& command, Session& session);

// Prints `message` for -o json or yaml, `table` otherwise.
void Show(Session& session, const google::protobuf::Message& message, absl::string_view table);

// A listener's name and a comment travel as UTF-8, or not at all: INVALID_ARGUMENT, naming
// `option` and the byte.
absl::Status CheckUtf8(absl::string_view option, absl::string_view value);

absl::StatusOr<api::ChangeOptions> ToChangeOptions(const ChangeFlags& flags);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_COMMANDS_COMMANDS_H_
