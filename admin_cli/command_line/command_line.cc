#include "admin_cli/command_line/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "admin_cli/client/exit_code.h"
#include "admin_cli/command_line/declare.h"
#include "admin_cli/command_line/tls_options.h"
#include "base/help_formatter.h"
#include "base/nearest.h"

namespace greeter::admin_cli {
namespace {

constexpr char kFooter[] =
    "\"greeterctl COMMAND --help\" tells more. Options may stand before or after the command.\n"
    "Options that have a value, but -o, can be given in the environment: --server-name as\n"
    "GREETER_SERVER_NAME.\n"
    "Over TLS: greeterctl --server db1:50051 --ca ca.pem --cert me.pem --key me-key.pem status\n"
    "Exit codes: 0 done, 1 other failure, 2 usage, 3 unreachable or timed out, 4 not found,\n"
    "5 conflict (revision), 6 not permitted, 7 refused as invalid. \"config diff\" has codes of\n"
    "its own.";

// Where descriptions begin in --help.
constexpr size_t kHelpColumn = 26;

bool IsServerAddress(absl::string_view address) {
  if (absl::StartsWith(address, "unix:")) return address.size() > 5;
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return false;
  const absl::string_view host = address.substr(0, colon);
  const bool bracketed = host.front() == '[' && host.back() == ']';
  uint32_t port = 0;
  return (bracketed || !absl::StrContains(host, ':')) && !absl::StrContains(host, '/') &&
         absl::SimpleAtoi(address.substr(colon + 1), &port) && port >= 1 && port <= 65535;
}

// The texts that need a second look once all arguments are read.
struct Unchecked {
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
    app_.description("Shows and changes what a greeterd does.");
    app_.footer(kFooter);
    base::UseReadableHelp(app_, kHelpColumn);
    app_.set_help_flag("-h,--help", "Print this help and exit");
    app_.fallthrough();
    app_.require_subcommand(1);
    AddGlobalOptions();
    DeclareListenerCommands(app_, line_.command);
    DeclareConfigCommands(app_, line_.command);
    DeclareHistoryCommands(app_, line_.command);
    Declare<VersionCommand>(app_, line_.command,
                            {"version", "Print greeterctl's version", "greeterctl version"});
  }

  std::variant<CommandLine, EarlyExit> Parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::CallForHelp&) {
      return EarlyExit{kOk, Deepest()->help(Prefix())};
    } catch (const CLI::RequiredError& e) {
      return Usage(app_.remaining(true).empty() ? Missing(e) : Unexpected());
    } catch (const CLI::ExtrasError&) {
      return Usage(Unexpected());
    } catch (const CLI::ParseError& e) {
      return Usage(e.what());
    }
    return Check();
  }

 private:
  void AddGlobalOptions() {
    app_.add_option("--server", line_.server,
                    "greeterd's admin address: host:port, [v6]:port or unix:/path")
        ->envname("GREETER_SERVER")
        ->type_name("ADDR")
        ->capture_default_str();
    app_.add_option("-o,--output", unchecked_.output,
                    "table, json or yaml; scripts should read json: the API's response")
        ->type_name("FORMAT")
        ->capture_default_str();
    app_.add_option("--timeout", unchecked_.timeout,
                    "How long to wait for an answer: 500ms, 10s, 1m")
        ->envname("GREETER_TIMEOUT")
        ->type_name("DUR")
        ->capture_default_str();
    tls_.Declare(app_);
  }

  // The innermost command on the line.
  const CLI::App* Deepest() const {
    const CLI::App* app = &app_;
    while (!app->get_subcommands().empty()) app = app->get_subcommands().back();
    return app;
  }

  // "greeterctl message" for the command "greeterctl message set".
  std::string Prefix() const {
    std::vector<std::string> names;
    for (const CLI::App* app = Deepest()->get_parent(); app != nullptr; app = app->get_parent()) {
      names.insert(names.begin(), app->get_name());
    }
    return absl::StrJoin(names, " ");
  }

  std::string CommandName() const {
    const std::string prefix = Prefix();
    return absl::StrCat(prefix, prefix.empty() ? "" : " ", Deepest()->get_name());
  }

  EarlyExit Usage(absl::string_view what) const {
    const std::string name = CommandName();
    return EarlyExit{
        kUsage, absl::StrCat(name, ": ", what, absl::EndsWith(what, "?") ? " See \"" : "; see \"",
                             name, " --help\"\n")};
  }

  std::vector<std::string> KnownCommands() const {
    std::vector<std::string> names;
    for (const CLI::App* app : Deepest()->get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(app->get_name());
    }
    return names;
  }

  std::string Missing(const CLI::RequiredError& e) const {
    const std::vector<std::string> known = KnownCommands();
    return known.empty() ? e.what()
                         : absl::StrCat("a command is missing: ", absl::StrJoin(known, ", "));
  }

  // What is wrong with the first argument that nothing wanted.
  std::string Unexpected() const {
    const std::string argument = app_.remaining(true).front();
    std::vector<std::string> known = KnownCommands();
    std::string kind = known.empty() ? "argument" : "command";
    if (absl::StartsWith(argument, "-")) {
      kind = "option";
      known.clear();
      for (const CLI::App* app = Deepest(); app != nullptr; app = app->get_parent()) {
        for (const CLI::Option* option : app->get_options()) {
          if (option->nonpositional()) known.push_back("--" + option->get_lnames().front());
        }
      }
    }
    const std::string nearest = base::NearestName(argument, known);
    if (!nearest.empty()) {
      return absl::StrCat("unknown ", kind, " \"", argument, "\"; did you mean \"", nearest, "\"?");
    }
    if (kind == "command") {
      return absl::StrCat("unknown command \"", argument,
                          "\"; known: ", absl::StrJoin(known, ", "));
    }
    return absl::StrCat("unexpected ", kind, " \"", argument, "\"");
  }

  std::variant<CommandLine, EarlyExit> Check() {
    const std::string problem = Problem();
    if (!problem.empty()) return Usage(problem);
    return line_;
  }

  // What CLI11 could not tell; fills in what it could not read.
  std::string Problem() {
    if (!IsServerAddress(line_.server)) {
      return absl::StrCat("--server (or GREETER_SERVER): \"", line_.server,
                          "\" is none of host:port, [v6]:port, unix:/path");
    }
    if (!absl::ParseDuration(unchecked_.timeout, &line_.timeout) ||
        line_.timeout <= absl::ZeroDuration()) {
      return absl::StrCat("--timeout (or GREETER_TIMEOUT): \"", unchecked_.timeout,
                          "\" is not a positive duration with a unit, as in 500ms, 10s or 1m");
    }
    if (unchecked_.output == "json") {
      line_.output = Output::kJson;
    } else if (unchecked_.output == "yaml") {
      line_.output = Output::kYaml;
    } else if (unchecked_.output != "table") {
      return absl::StrCat("-o: \"", unchecked_.output, "\" is none of table, json, yaml");
    }
    if (std::string problem = tls_.Resolve(line_.server, line_.tls); !problem.empty()) {
      return problem;
    }
    const auto* set = std::get_if<MessageSetCommand>(&line_.command);
    return set == nullptr ? "" : Problem(*set);
  }

  static std::string Problem(const MessageSetCommand& set) {
    const int given = set.text.has_value() + set.file.has_value() + set.hex.has_value();
    if (given == 0) return "the message is missing: TEXT, --file FILE or --hex H";
    if (given > 1) return "only one of TEXT, --file and --hex can be the message";
    for (const char* ending : {"none", "lf", "crlf", "nul"}) {
      if (set.ending == ending) return "";
    }
    return absl::StrCat("--ending: \"", set.ending,
                        "\" is no ending; choose none, lf, crlf or nul");
  }

  CLI::App app_;
  CommandLine line_;
  Unchecked unchecked_;
  TlsOptions tls_;
};

}  // namespace

std::variant<CommandLine, EarlyExit> ParseCommandLine(const std::vector<std::string>& arguments) {
  return Grammar().Parse(arguments);
}

}  // namespace greeter::admin_cli
