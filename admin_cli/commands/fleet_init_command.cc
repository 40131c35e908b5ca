// fleet init: carries what a greeterd has to etcd, where a fleet begins with it.

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "admin_cli/commands/commands.h"
#include "command_line/fleet_options.h"
#include "fleet/begin_fleet.h"

namespace greeter::admin_cli {
namespace {

fleet::Source SourceOf(Client& client) {
  return {.list = [&client] { return ListRevisions(client, /*limit=*/0); },
          .get =
              [&client](uint64_t revision) {
                api::GetConfigRequest request;
                request.set_revision(revision);
                return client.GetConfig(request);
              }};
}

std::string Tell(const std::string& name, const fleet::Begun& begun) {
  const uint64_t newest = begun.newest.revision().number();
  if (begun.is_new) {
    return absl::StrCat("The fleet ", name, " begins with revision ", newest, ", and ", begun.older,
                        " before it.\n");
  }
  return absl::StrCat("The fleet ", name, " is at this greeterd's revision ", newest,
                      " already; nothing has changed.\n");
}

}  // namespace

absl::StatusOr<Ask> Prepare(const FleetInitCommand& command, const Console& /*console*/) {
  auto etcd = command_line::EtcdOptionsOf(command.fleet);
  if (!etcd.ok()) return etcd.status();
  return [etcd = *std::move(etcd), name = command.fleet.name,
          timeout = command.timeout](Client& client) -> absl::StatusOr<Answer> {
    auto begun = fleet::BeginFleet(etcd, name, SourceOf(client), timeout);
    if (!begun.ok()) return begun.status();
    std::string text = Tell(name, *begun);
    Answer answer = MakeAnswer(std::move(begun->newest), std::move(text));
    for (const std::string& revision : begun->left_out) {
      answer.warnings.push_back(absl::StrCat("left out, ", revision));
    }
    return answer;
  };
}

}  // namespace greeter::admin_cli
