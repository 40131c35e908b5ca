// fleet on the command line.

#include <CLI/CLI.hpp>

#include "admin_cli/command_line/declare.h"

namespace greeter::admin_cli {
namespace {

constexpr char kFleetHelp[] =
    "Any replica can be asked. Each row is what a replica last said of itself, every 5 s or as it "
    "changes; LAG is how many revisions it is behind. \"silent\" is one that has said nothing for "
    "10 s; it is no longer live, and gone from the list, after 15 s.\n"
    "--watch asks every second. It draws in place on a terminal; elsewhere it prints a line for "
    "each replica that changes, with -o json one JSON document a line.\n";

}  // namespace

void DeclareFleetCommands(CLI::App& app, Command& chosen) {
  auto [fleet, shown] =
      Declare<FleetCommand>(app, chosen,
                            {"fleet", "Show the replicas of a fleet, and what each has applied",
                             "greeterctl fleet\ngreeterctl fleet --watch", kFleetHelp});
  fleet->add_flag("--watch", shown->watch, "Go on showing it as it changes, until q or Ctrl-C");
}

}  // namespace greeter::admin_cli
