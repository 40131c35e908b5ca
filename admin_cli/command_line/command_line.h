// greeterctl's command line as plain values. Nothing here talks to a server.

#ifndef GREETER_ADMIN_CLI_COMMAND_LINE_COMMAND_LINE_H_
#define GREETER_ADMIN_CLI_COMMAND_LINE_COMMAND_LINE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "admin_cli/client/tls.h"
#include "admin_cli/completion/completion.h"
#include "command_line/fleet_options.h"

namespace greeter::admin_cli {

enum class Output { kTable, kJson, kYaml };

// Options of every change.
struct ChangeFlags {
  std::optional<uint64_t> expect_revision;
  std::string comment;
  // this or fleet.
  std::string wait = "this";
  bool roll_back_on_failure = false;
};

// In each, an empty listener means what it means to the API: all of them, or "default" for what is
// about one.
struct StatusCommand {
  std::string listener;
  bool watch = false;
};
struct MessageGetCommand {
  std::string listener;
};
struct MessageSetCommand {
  std::string listener;
  // Exactly one is given. `file` may be "-".
  std::optional<std::string> text;
  std::optional<std::string> file;
  std::optional<std::string> hex;
  // none, lf, crlf or nul.
  std::string ending = "none";
  bool is_template = false;
  ChangeFlags change;
};
struct StartCommand {
  std::string listener;
  ChangeFlags change;
};
struct StopCommand {
  std::string listener;
  ChangeFlags change;
};
struct CountsCommand {
  std::string listener;
  // Of every replica, in place of every listener.
  bool fleet = false;
};
struct FleetCommand {
  bool watch = false;
};
struct FleetInitCommand {
  command_line::FleetOptions fleet;
  // As --timeout says.
  absl::Duration timeout;
};
struct ConfigGetCommand {
  std::optional<uint64_t> revision;
};
struct ConfigApplyCommand {
  // A path, or "-".
  std::string file;
  bool dry_run = false;
  ChangeFlags change;
};
// `file` is a path, or "-".
struct ConfigDiffCommand {
  std::string file;
};
struct HistoryCommand {
  // The newest so many; 0: all.
  uint64_t limit = 20;
};
struct ShowCommand {
  uint64_t revision = 0;
};
struct RollBackCommand {
  uint64_t revision = 0;
  bool dry_run = false;
  ChangeFlags change;
};
// At most one of the four expectations is given; without one, any greeting will do.
struct ProbeCommand {
  std::string address;
  std::optional<std::string> expect;
  std::optional<std::string> expect_regex;
  bool expect_refused = false;
  bool expect_timeout = false;
  std::optional<uint64_t> count;
  std::optional<uint64_t> concurrency;
  // Zero: not given.
  absl::Duration duration = absl::ZeroDuration();
  double rate = 0;
  bool histogram = false;
  // As --timeout says.
  absl::Duration timeout;

  bool is_many() const { return count.value_or(1) > 1 || duration > absl::ZeroDuration(); }
};
struct VersionCommand {};
struct CompletionCommand {
  // bash, zsh or fish.
  std::string shell;
};
// What the shells' scripts ask, and nobody types.
struct CompleteCommand {
  Completion completion;
};

using Command =
    std::variant<VersionCommand, CompletionCommand, CompleteCommand, StatusCommand,
                 MessageGetCommand, MessageSetCommand, StartCommand, StopCommand, CountsCommand,
                 FleetCommand, FleetInitCommand, ConfigGetCommand, ConfigApplyCommand,
                 ConfigDiffCommand, HistoryCommand, ShowCommand, RollBackCommand, ProbeCommand>;

// Whether it calls the servers. What says how to reach them is not looked at otherwise.
bool NeedsServer(const Command& command);

// Whether it goes on until the user ends it.
bool Watches(const Command& command);

struct CommandLine {
  // Each host:port, [v6]:port or unix:/path; at least one, and none twice. Empty if the command
  // needs none.
  std::vector<std::string> servers;
  // Empty for a unix socket alone, and if the command needs no server.
  TlsFiles tls;
  Output output = Output::kTable;
  // At most a day.
  absl::Duration timeout = absl::Seconds(10);
  Command command;
};

// What to do instead of a command: print `message`, to stdout after --help, to stderr otherwise,
// and exit. It ends with a line feed.
struct EarlyExit {
  int code;
  std::string message;
};

// Reads the arguments (without the program's name) and the environment variables GREETER_SERVER,
// GREETER_TIMEOUT, GREETER_CA, GREETER_CERT, GREETER_KEY and GREETER_SERVER_NAME; and, for fleet
// init, those of greeterd's options of the same names. Any thread.
std::variant<CommandLine, EarlyExit> ParseCommandLine(const std::vector<std::string>& arguments);

// greeterctl(1), in roff; `date` is the page's.
std::string ManualPage(const std::string& date);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_COMMAND_LINE_COMMAND_LINE_H_
