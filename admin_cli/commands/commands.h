// greeterctl's commands: each asks every server that the command line names, and shows the answers.

#ifndef GREETER_ADMIN_CLI_COMMANDS_COMMANDS_H_
#define GREETER_ADMIN_CLI_COMMANDS_COMMANDS_H_

#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin_cli/client/client.h"
#include "admin_cli/client/exit_code.h"
#include "admin_cli/command_line/command_line.h"
#include "admin_cli/terminal/look.h"
#include "google/protobuf/message.h"

namespace greeter::admin_cli {

// Where a command reads and writes; everything must outlive it.
struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  Look out_look = {};
  Look err_look = {};
  // A signalfd, or what else becomes readable once the user wants to end a watch or a probe; -1:
  // never.
  int interrupt_fd = -1;
};

// Runs the command of `line`; returns the exit code. An error is one line on `err`, and one for
// every value that the server refused. Blocks.
int RunCommand(const CommandLine& line, Console& console);

// What follows is shared by the commands.

// What a server answers.
struct Answer {
  // For -o json and yaml.
  std::shared_ptr<const google::protobuf::Message> message;
  // For people.
  std::string text;
  ExitCode code = kOk;
  // For people, whatever the output is: a line each.
  std::vector<std::string> warnings = {};
};

template <typename Message>
Answer MakeAnswer(Message message, std::string text, ExitCode code = kOk) {
  return {std::make_shared<const Message>(std::move(message)), std::move(text), code, {}};
}

// Asks one server. May run on several threads at the same time, each with a client of its own.
using Ask = std::function<absl::StatusOr<Answer>(Client&)>;

// For each command: reads what it needs and checks it; nothing is sent yet.
absl::StatusOr<Ask> Prepare(const StatusCommand& command, const Console& console);
absl::StatusOr<Ask> Prepare(const CountsCommand& command, const Console& console);
absl::StatusOr<Ask> Prepare(const FleetCommand& command, const Console& console);
absl::StatusOr<Ask> Prepare(const FleetInitCommand& command, const Console& console);
absl::StatusOr<Ask> Prepare(const MessageGetCommand& command, const Console& console);
absl::StatusOr<Ask> Prepare(const MessageSetCommand& command, const Console& console);
absl::StatusOr<Ask> Prepare(const StartCommand& command, const Console& console);
absl::StatusOr<Ask> Prepare(const StopCommand& command, const Console& console);
absl::StatusOr<Ask> Prepare(const ConfigGetCommand& command, const Console& console);
absl::StatusOr<Ask> Prepare(const ConfigApplyCommand& command, const Console& console);
absl::StatusOr<Ask> Prepare(const ConfigDiffCommand& command, const Console& console);
absl::StatusOr<Ask> Prepare(const HistoryCommand& command, const Console& console);
absl::StatusOr<Ask> Prepare(const ShowCommand& command, const Console& console);
absl::StatusOr<Ask> Prepare(const RollBackCommand& command, const Console& console);

// The newest `limit` revisions, or all if that is 0, as if they were one page. Blocks.
absl::StatusOr<api::ListRevisionsResponse> ListRevisions(Client& client, uint64_t limit);

// A listener's name and a comment travel as UTF-8, or not at all: INVALID_ARGUMENT, naming
// `option` and the byte.
absl::Status CheckUtf8(absl::string_view option, absl::string_view value);

absl::StatusOr<api::ChangeOptions> ToChangeOptions(const ChangeFlags& flags);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_COMMANDS_COMMANDS_H_
