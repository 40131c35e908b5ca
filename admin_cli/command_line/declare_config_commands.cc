// config, history, show and rollback on the command line.

#include <CLI/CLI.hpp>

#include "admin_cli/command_line/declare.h"

namespace greeter::admin_cli {
namespace {

constexpr char kConfigGetHelp[] =
    "With -o json or -o yaml: the API's response, which holds the revision besides the config. "
    "\"config apply\" reads every one of these.\n";

constexpr char kApplyHelp[] =
    "Listeners that the file does not name are removed; \"greeterctl config get\" prints the "
    "config to begin with.\n";

constexpr char kDiffHelp[] =
    "Prints a unified diff: \"-\" is the current config, \"+\" the file's with every default "
    "filled in. It only reads: whether the server would take the file, \"config apply --dry-run\" "
    "tells.\n"
    "With -o json or -o yaml: the file's config, complete.\n"
    "Exit codes: 0 the same, 1 different; what has code 1 elsewhere has 2 here.\n";

constexpr char kHistoryHelp[] =
    "Newest first; \"*\" marks the current revision. The server forgets the oldest ones.\n";

constexpr char kShowHelp[] = "The output can be applied, as the second example does.\n";

constexpr char kRollBackHelp[] =
    "Going back is a new revision: none is lost, and going back can be undone the same way.\n";

void AddFileOption(CLI::App& app, std::string& file) {
  app.add_option("-f,--file", file, "The file; \"-\" reads standard input")
      ->check(CLI::Validator(CheckNotEmpty, ""))
      ->type_name("FILE")
      ->required();
}

void AddRevisionArgument(CLI::App& app, uint64_t& revision, const char* meaning) {
  app.add_option("REV", revision, meaning)
      ->check(CLI::Validator(CheckRevision, ""))
      ->type_name("")
      ->required();
}

}  // namespace

void DeclareConfigCommands(CLI::App& app, Command& chosen) {
  CLI::App* group = DeclareGroup(
      app, {"config", "Show, compare or replace the whole config", "greeterctl config get"});

  auto [get, got] =
      Declare<ConfigGetCommand>(*group, chosen,
                                {"get", "Print the config as YAML, ready for \"config apply\"",
                                 "greeterctl config get > greeter.yaml", kConfigGetHelp});
  get->add_option("--revision", got->revision, "As it was at this revision (default: now)")
      ->check(CLI::Validator(CheckRevision, ""))
      ->type_name("N");

  auto [apply, applied] = Declare<ConfigApplyCommand>(
      *group, chosen,
      {"apply", "Replace the whole config by a file's, in YAML or JSON",
       "greeterctl config apply -f greeter.yaml --dry-run\n"
       "greeterctl config apply -f greeter.yaml --comment \"as reviewed\"",
       kApplyHelp});
  AddFileOption(*apply, applied->file);
  AddDryRunOption(*apply, applied->dry_run);
  AddChangeOptions(*apply, applied->change);

  auto [diff, compared] =
      Declare<ConfigDiffCommand>(*group, chosen,
                                 {"diff", "Compare the current config with a file's, line by line",
                                  "greeterctl config diff -f greeter.yaml", kDiffHelp});
  AddFileOption(*diff, compared->file);
}

void DeclareHistoryCommands(CLI::App& app, Command& chosen) {
  auto [history, listed] =
      Declare<HistoryCommand>(app, chosen,
                              {"history", "List the changes: when, by whom, what and why",
                               "greeterctl history\ngreeterctl history --limit 100", kHistoryHelp});
  history->add_option("--limit", listed->limit, "The newest N of them; 0 is all")
      ->check(CLI::Validator(CheckCount, ""))
      ->type_name("N")
      ->capture_default_str();

  auto [show, shown] = Declare<ShowCommand>(
      app, chosen,
      {"show", "Show one revision: its change and its config",
       "greeterctl show 1\ngreeterctl show 1 | greeterctl config apply -f -", kShowHelp});
  AddRevisionArgument(*show, shown->revision, "The revision's number, as \"history\" lists it");

  auto [roll_back, rolled_back] = Declare<RollBackCommand>(
      app, chosen,
      {"rollback", "Put the config of an earlier revision in force again",
       "greeterctl rollback 1 --dry-run\ngreeterctl rollback 1 --comment \"2 had a typo\"",
       kRollBackHelp});
  AddRevisionArgument(*roll_back, rolled_back->revision, "The revision to go back to");
  AddDryRunOption(*roll_back, rolled_back->dry_run);
  AddChangeOptions(*roll_back, rolled_back->change);
}

}  // namespace greeter::admin_cli
