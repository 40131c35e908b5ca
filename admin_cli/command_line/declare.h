// How families of commands declare themselves: what they are called, what --help says, and which
// fields their options fill. For command_line.cc alone.

#ifndef GREETER_ADMIN_CLI_COMMAND_LINE_DECLARE_H_
#define GREETER_ADMIN_CLI_COMMAND_LINE_DECLARE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "admin_cli/command_line/command_line.h"

namespace CLI {
class App;
}  // namespace CLI

namespace greeter::admin_cli {

// One for each family. The command on the line leaves itself in `chosen` when it is parsed;
// `chosen` must stay where it is as long as `app`.
void DeclareListenerCommands(CLI::App& app, Command& chosen);
void DeclareConfigCommands(CLI::App& app, Command& chosen);
void DeclareHistoryCommands(CLI::App& app, Command& chosen);
void DeclareFleetCommands(CLI::App& app, Command& chosen);
void DeclareProbeCommand(CLI::App& app, Command& chosen);

// What is missing or contradicts itself, once all is parsed; empty if nothing does.
std::string Problem(const MessageSetCommand& set);
std::string Problem(const ProbeCommand& probe, Output output);
std::string Problem(const FleetInitCommand& init, const std::vector<std::string>& servers);

// What follows is shared by the families.

struct CommandHelp {
  const char* name;
  const char* description;
  // Command lines that do something useful, in a shell, with a greeterd as it first starts, and an
  // etcd: one a line.
  const char* example;
  // More to know: a paragraph a line.
  const char* details = "";
};

// A command that may stand alone; `parsed` is called when it was on the line.
CLI::App* Declare(CLI::App& parent, const CommandHelp& help, std::function<void()> parsed);

// The same for a command with the values of T, which its options are to fill.
template <typename T>
std::pair<CLI::App*, std::shared_ptr<T>> Declare(CLI::App& parent, Command& chosen,
                                                 const CommandHelp& help) {
  auto values = std::make_shared<T>();
  return {Declare(parent, help, [&chosen, values] { chosen = *values; }), values};
}

// A command that only holds others.
CLI::App* DeclareGroup(CLI::App& parent, const CommandHelp& help);

// -l
void AddListenerOption(CLI::App& app, std::string& listener, const char* meaning);
// --expect-revision, --comment, --wait and --roll-back-on-failure
void AddChangeOptions(CLI::App& app, ChangeFlags& change);
// --dry-run
void AddDryRunOption(CLI::App& app, bool& dry_run);
// Reads a duration above zero and up to `longest`; empty, or what is wrong with `text`.
std::string ReadDuration(absl::string_view text, absl::Duration longest, absl::Duration& duration);
// For each, a text that is not a whole number is a usage error: CLI11 takes "-1" for
// 18446744073709551615.
std::string CheckRevision(const std::string& text);
std::string CheckCount(const std::string& text);
// An empty text is a usage error.
std::string CheckNotEmpty(const std::string& text);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_COMMAND_LINE_DECLARE_H_
