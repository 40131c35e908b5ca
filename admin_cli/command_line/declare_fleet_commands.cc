// fleet on the command line.

#include <CLI/CLI.hpp>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "admin_cli/command_line/declare.h"
#include "command_line/fleet_options.h"

namespace greeter::admin_cli {
namespace {

constexpr char kFleetHelp[] =
    "Any replica can be asked. Each row is what a replica last said of itself, every 5 s or as it "
    "changes; LAG is how many revisions it is behind. \"silent\" is one that has said nothing for "
    "10 s; it is no longer live, and gone from the list, after 15 s.\n"
    "--watch asks every second. It draws in place on a terminal; elsewhere it prints a line for "
    "each replica that changes, with -o json one JSON document a line.\n";

constexpr char kInitHelp[] =
    "The server goes on as it is, and may be anywhere: its config and its whole history are read "
    "over its admin API, by which a viewer may, and written to etcd. Greeterds that are started "
    "with the same --fleet and --etcd begin with that. Restart the server so as well: what is "
    "changed there in between, the fleet does not have.\n"
    "A fleet that has begun already is left alone; if it is just at the server's revision, this "
    "ends with 0. What is too large for etcd is left out, and named. --timeout is for each call to "
    "the server, and then for etcd. -o json shows the config that the fleet has, as \"config get\" "
    "does.\n"
    "A server that belongs to a fleet can be asked, too: its history goes to another etcd, or to "
    "another fleet.\n";

// A command under "fleet", which itself is one.
void DeclareInit(CLI::App& fleet, const CLI::Option& watch, Command& chosen) {
  auto [init, values] = Declare<FleetInitCommand>(
      fleet, chosen,
      {"init", "Begin a fleet with the config and the history of a greeterd that is alone",
       "greeterctl fleet init --fleet web --etcd 10.0.0.1:2379", kInitHelp});
  command_line::AddFleetOptions(*init, "The fleet to begin; as greeterd has it, and so those below",
                                values->fleet);
  // Ends with its parsing, or CLI11 would read the environment's values for other commands, too.
  init->callback(nullptr);
  init->parse_complete_callback([&watch, &chosen, values = values] {
    if (watch.count() > 0) {
      throw CLI::ExcludesError("--watch goes with \"greeterctl fleet\" alone",
                               CLI::ExitCodes::ExcludesError);
    }
    chosen = *values;
  });
}

}  // namespace

void DeclareFleetCommands(CLI::App& app, Command& chosen) {
  auto [fleet, shown] =
      Declare<FleetCommand>(app, chosen,
                            {"fleet", "Show the replicas of a fleet, and what each has applied",
                             "greeterctl fleet\ngreeterctl fleet --watch", kFleetHelp});
  const CLI::Option* const watch =
      fleet->add_flag("--watch", shown->watch, "Go on showing it as it changes, until q or Ctrl-C");
  fleet->callback([&chosen, fleet = fleet, shown = shown] {
    if (fleet->get_subcommands().empty()) chosen = *shown;
  });
  DeclareInit(*fleet, *watch, chosen);
}

std::string Problem(const FleetInitCommand& init, const std::vector<std::string>& servers) {
  if (!init.fleet.given()) return "--fleet is missing: the name of the fleet that is to begin";
  const absl::Status together = command_line::CheckFleetOptions(init.fleet);
  if (!together.ok()) return std::string(together.message());
  if (servers.size() == 1) return "";
  return absl::StrCat(
      "a fleet begins with what one server has, and --server (or GREETER_SERVER) names ",
      servers.size());
}

}  // namespace greeter::admin_cli
