#include "admin_cli/command_line/command_line.h"

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "admin_cli/client/exit_code.h"
#include "admin_cli/command_line/declare.h"
#include "admin_cli/command_line/server_list.h"
#include "admin_cli/command_line/tls_options.h"
#include "admin_cli/command_line/usage.h"
#include "command_line/help_formatter.h"
#include "command_line/manual_page.h"

namespace greeter::admin_cli {
namespace {

constexpr char kFooter[] =
    "\"greeterctl COMMAND --help\" tells more, with examples. Options may stand before or after "
    "the command. Those that have a value, but -o, can be given in the environment: --server-name "
    "as GREETER_SERVER_NAME.\n"
    "Of several servers, all are asked at the same time, changes too: each has a block of its own, "
    "or in JSON and YAML an entry in \"servers\", with its \"response\" or its \"error\". The exit "
    "code is 3 if one of them could not be reached, else that of those that failed, or 1 if they "
    "failed differently.\n\n"
    "Examples:\n"
    "  greeterctl status\n"
    "  greeterctl message set \"Back at 14:00 UTC.\" --comment \"maintenance\"\n"
    "  greeterctl history\n"
    "  greeterctl rollback 1\n"
    "  greeterctl probe 127.0.0.1:9190\n\n"
    "Over TLS:\n"
    "  greeterctl --server db1:50051 --ca ca.pem --cert me.pem --key key.pem status\n\n"
    "Exit codes:\n"
    "  0  done                          4  no such listener or revision\n"
    "  1  another failure               5  conflict: --expect-revision is not current\n"
    "  2  the command line is wrong     6  not permitted\n"
    "  3  unreachable, or timed out     7  refused as invalid\n"
    "  8  probe saw something else than expected\n"
    "\"config diff\" has exit codes of its own.";

// Where descriptions begin in --help.
constexpr size_t kHelpColumn = 30;

// What the scripts of completion/ call.
constexpr char kCompleteCommand[] = "__complete";

constexpr absl::Duration kLongestTimeout = absl::Hours(24);

std::string CheckShell(const std::string& text) {
  if (text == "bash" || text == "zsh" || text == "fish") return "";
  return absl::StrCat("\"", text, "\" is none of bash, zsh, fish");
}

// Of any command; those that change nothing never do.
struct RollsBackWithoutWaiting {
  template <typename T>
  bool operator()(const T& command) const {
    if constexpr (requires { command.change; }) {
      return command.change.roll_back_on_failure && command.change.wait != "fleet";
    } else {
      return false;
    }
  }
};

// The texts that need a second look once all arguments are read.
struct Unchecked {
  std::string servers = "127.0.0.1:50051";
  std::string output = "table";
  std::string timeout = "10s";
};

// Declares greeterctl's options and commands; what CLI11 reads lands in the fields.
class Grammar {
 public:
  // What is chosen on the command line refers to this object.
  Grammar(const Grammar&) = delete;
  Grammar& operator=(const Grammar&) = delete;
  ~Grammar() = default;

  Grammar() {
    app_.name("greeterctl");
    app_.description(
        "Shows and changes what a greeterd does: the message that its clients are sent, where it "
        "listens, and who changed what.");
    app_.footer(kFooter);
    command_line::UseReadableHelp(app_, kHelpColumn);
    app_.set_help_flag("-h,--help", "Print this help and exit");
    app_.fallthrough();
    app_.require_subcommand(1);
    AddGlobalOptions();
    DeclareListenerCommands(app_, line_.command);
    DeclareConfigCommands(app_, line_.command);
    DeclareHistoryCommands(app_, line_.command);
    DeclareFleetCommands(app_, line_.command);
    DeclareProbeCommand(app_, line_.command);
    DeclareCompletion();
    Declare<VersionCommand>(app_, line_.command,
                            {"version", "Print greeterctl's version", "greeterctl version"});
  }

  const CLI::App& app() const { return app_; }

  std::variant<CommandLine, EarlyExit> Parse(std::vector<std::string> arguments) {
    if (!arguments.empty() && arguments.front() == kCompleteCommand) {
      arguments.erase(arguments.begin());
      return ParseForCompletion(arguments);
    }
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
      app_.parse(std::move(reversed));
    } catch (const CLI::ParseError& error) {
      if (command_line::AsksForHelp(app_)) return EarlyExit{kOk, HelpOf(app_)};
      return Usage(WhatIsWrong(app_, error, arguments));
    }
    return Check();
  }

 private:
  void DeclareCompletion() {
    auto [app, values] = Declare<CompletionCommand>(
        app_, line_.command,
        {"completion", "Print what makes a shell complete greeterctl's command lines",
         "source <(greeterctl completion bash)",
         "It completes commands, options and files, and asks the server for the names of "
         "listeners and the numbers of revisions.\n"
         "zsh: source <(greeterctl completion zsh), after compinit. fish: greeterctl completion "
         "fish | source. Where Greeter is installed as a package, shells find it by "
         "themselves.\n"});
    app->add_option("SHELL", values->shell, "bash, zsh or fish")
        ->check(CLI::Validator(CheckShell, ""))
        ->type_name("bash|zsh|fish")
        ->required();
  }

  void AddGlobalOptions() {
    app_.add_option("--server", unchecked_.servers,
                    "greeterd's admin address: host:port, [v6]:port or unix:/path; of several "
                    "servers, with commas between")
        ->envname("GREETER_SERVER")
        ->type_name("ADDR")
        ->capture_default_str();
    app_.add_option("-o,--output", unchecked_.output,
                    "How to show it; scripts should read json: the API's response")
        ->type_name("table|json|yaml")
        ->capture_default_str();
    app_.add_option("--timeout", unchecked_.timeout,
                    "How long to wait for an answer: 500ms, 10s, 1m")
        ->envname("GREETER_TIMEOUT")
        ->type_name("DUR")
        ->capture_default_str();
    tls_.Declare(app_);
  }

  // A line that is not yet complete: how to reach the server, if it is to be asked, is all that
  // counts of its options. A shell that asks waits, so this has little time.
  static std::variant<CommandLine, EarlyExit> ParseForCompletion(
      const std::vector<std::string>& words) {
    Command complete = CompleteCommand{Complete(Grammar().app(), words)};
    if (!NeedsServer(complete)) {
      CommandLine line;
      line.command = std::move(complete);
      return line;
    }
    std::vector<std::string> arguments = std::get<CompleteCommand>(complete).completion.connection;
    arguments.insert(arguments.end(), {"--timeout", "500ms", "status"});
    auto parsed = Grammar().Parse(arguments);
    if (auto* line = std::get_if<CommandLine>(&parsed)) line->command = std::move(complete);
    return parsed;
  }

  std::variant<CommandLine, EarlyExit> Check() {
    const std::string problem = Problem();
    if (!problem.empty()) return Usage(problem);
    return line_;
  }

  EarlyExit Usage(absl::string_view what) const { return {kUsage, UsageError(app_, what)}; }

  // What CLI11 could not tell; fills in what it could not read.
  std::string Problem() {
    std::string problem = OutputProblem();
    const bool needs_server = NeedsServer(line_.command);
    auto* const probe = std::get_if<ProbeCommand>(&line_.command);
    if (problem.empty() && needs_server) problem = ServersProblem();
    if (problem.empty() && (needs_server || probe != nullptr)) {
      problem = ReadDuration(unchecked_.timeout, kLongestTimeout, line_.timeout);
      if (!problem.empty()) return absl::StrCat("--timeout (or GREETER_TIMEOUT): ", problem);
    }
    if (!problem.empty()) return problem;
    if (probe != nullptr) {
      probe->timeout = line_.timeout;
      return admin_cli::Problem(*probe, line_.output);
    }
    if (std::visit(RollsBackWithoutWaiting(), line_.command)) {
      return "--roll-back-on-failure needs --wait fleet: who does not wait never hears of a "
             "failure";
    }
    if (auto* init = std::get_if<FleetInitCommand>(&line_.command)) {
      init->timeout = line_.timeout;
      return admin_cli::Problem(*init, line_.servers);
    }
    const auto* set = std::get_if<MessageSetCommand>(&line_.command);
    return set == nullptr ? "" : admin_cli::Problem(*set);
  }

  std::string OutputProblem() {
    if (unchecked_.output == "json") {
      line_.output = Output::kJson;
    } else if (unchecked_.output == "yaml") {
      line_.output = Output::kYaml;
    } else if (unchecked_.output != "table") {
      return absl::StrCat("-o: \"", unchecked_.output, "\" is none of table, json, yaml");
    }
    return "";
  }

  std::string ServersProblem() {
    if (std::string problem = ReadServers(unchecked_.servers, line_.servers); !problem.empty()) {
      return problem;
    }
    // Unix sockets have no TLS; beside others they do without.
    const auto other = absl::c_find_if(
        line_.servers, [](const std::string& s) { return !absl::StartsWith(s, "unix:"); });
    return tls_.Resolve(other == line_.servers.end() ? line_.servers.front() : *other, line_.tls);
  }

  CLI::App app_;
  CommandLine line_;
  Unchecked unchecked_;
  TlsOptions tls_;
};

}  // namespace

bool NeedsServer(const Command& command) {
  if (const auto* complete = std::get_if<CompleteCommand>(&command)) {
    return complete->completion.kind == Completion::Kind::kListener ||
           complete->completion.kind == Completion::Kind::kRevision;
  }
  return !std::holds_alternative<VersionCommand>(command) &&
         !std::holds_alternative<CompletionCommand>(command) &&
         !std::holds_alternative<ProbeCommand>(command);
}

bool Watches(const Command& command) {
  const auto* const status = std::get_if<StatusCommand>(&command);
  const auto* const fleet = std::get_if<FleetCommand>(&command);
  return (status != nullptr && status->watch) || (fleet != nullptr && fleet->watch);
}

std::variant<CommandLine, EarlyExit> ParseCommandLine(const std::vector<std::string>& arguments) {
  return Grammar().Parse(arguments);
}

std::string ManualPage(const std::string& date) {
  const Grammar grammar;
  return command_line::ManualPage(
      grammar.app(), {1, "shows and changes what a greeterd does", date, "greeterd(8)"});
}

}  // namespace greeter::admin_cli
