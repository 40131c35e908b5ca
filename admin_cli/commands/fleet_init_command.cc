// fleet init: carries what a greeterd has to etcd, where a fleet begins with it.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "admin_cli/commands/commands.h"
#include "command_line/fleet_options.h"
#include "etcd/client.h"
#include "fleet/founding.h"
#include "fleet/keys.h"
#include "fleet/stored_record.h"
#include "fleet/write_requests.h"

namespace greeter::admin_cli {
namespace {

// For a call to etcd, over all endpoints together.
constexpr absl::Duration kLongestCall = absl::Seconds(5);

// A revision as the server has it.
absl::StatusOr<control::Record> ReadRecord(Client& client, uint64_t number) {
  api::GetConfigRequest request;
  request.set_revision(number);
  auto response = client.GetConfig(request);
  if (!response.ok()) return response.status();
  control::Record record;
  record.revision = std::move(*response->mutable_revision());
  record.config = std::move(*response->mutable_config());
  if (response->has_applied_file()) {
    record.file = control::AppliedFile{response->applied_file().sha256(),
                                       response->applied_file().revision()};
  }
  return record;
}

// Adds what the server has before the newest revision; `listed` is all that it has.
absl::Status ReadOlder(Client& client, const api::ListRevisionsResponse& listed,
                       fleet::History& history) {
  for (int i = 1; i < listed.revisions_size(); ++i) {
    const uint64_t number = listed.revisions(i).number();
    absl::Status added = history.Add(number, ReadRecord(client, number));
    if (!added.ok()) return added;
  }
  return absl::OkStatus();
}

Answer MakeInitAnswer(const control::Record& newest, std::string text) {
  api::GetConfigResponse message;
  *message.mutable_revision() = newest.revision;
  *message.mutable_config() = newest.config;
  if (newest.file.has_value()) {
    message.mutable_applied_file()->set_sha256(newest.file->hash);
    message.mutable_applied_file()->set_revision(newest.file->revision);
  }
  return MakeAnswer(std::move(message), std::move(text));
}

// Of a fleet that has begun: `config` is what its key of that name has. FAILED_PRECONDITION unless
// that is `newest`.
absl::StatusOr<Answer> AnswerOfBegun(const std::string& name, const control::Record& newest,
                                     const mvccpb::KeyValue& config) {
  const auto begun = fleet::Decode(config.key(), config.value());
  if (begun.ok() && fleet::IsSame(begun->revision, newest.revision)) {
    return MakeInitAnswer(
        newest, absl::StrCat("The fleet ", name, " is at this greeterd's revision ",
                             newest.revision.number(), " already; nothing has changed.\n"));
  }
  const std::string what =
      begun.ok() ? absl::StrCat("and is at revision ", begun->revision.number(), " (",
                                begun->revision.action(), ", by ", begun->revision.author(), ")")
                 : absl::StrCat("with what this greeterctl can't read in ", config.key());
  return absl::FailedPreconditionError(absl::StrCat(
      "the fleet ", name, " has begun already, ", what,
      "; it is left alone: take another name, or give it the config that you want with "
      "\"greeterctl config apply\""));
}

absl::StatusOr<Answer> Init(Client& client, etcd::Client& etcd, const std::string& name,
                            absl::Duration timeout) {
  const auto listed = ListRevisions(client, /*limit=*/0);
  if (!listed.ok()) return listed.status();
  if (listed->revisions().empty()) {
    return absl::FailedPreconditionError(
        "this greeterd has no revision yet that a fleet could begin with");
  }
  auto newest = ReadRecord(client, listed->revisions(0).number());
  if (!newest.ok()) return newest.status();
  // Before all of the history is read, and a founding tried again and again.
  etcdserverpb::RangeRequest request;
  request.set_key(fleet::ConfigKey(name));
  const auto found = etcd.Range(request);
  if (!found.ok()) return found.status();
  if (found->kvs_size() > 0) return AnswerOfBegun(name, *newest, found->kvs(0));
  fleet::History history(*std::move(newest));
  if (absl::Status read = ReadOlder(client, *listed, history); !read.ok()) return read;
  const auto answer = fleet::Found(etcd, name, history, absl::Now() + timeout);
  if (!answer.ok()) return answer.status();
  if (!fleet::HasRecorded(*answer, history.newest())) {
    return AnswerOfBegun(name, history.newest(), answer->responses(0).response_range().kvs(0));
  }
  Answer begun =
      MakeInitAnswer(history.newest(), absl::StrCat("The fleet ", name, " begins with revision ",
                                                    history.newest().revision.number(), ", and ",
                                                    history.older().size(), " before it.\n"));
  for (const std::string& revision : history.left_out()) {
    begun.warnings.push_back(absl::StrCat("left out, ", revision));
  }
  return begun;
}

}  // namespace

absl::StatusOr<Ask> Prepare(const FleetInitCommand& command, const Console& /*console*/) {
  auto options = command_line::EtcdOptionsOf(command.fleet);
  if (!options.ok()) return options.status();
  options->call_timeout = std::min(kLongestCall, command.timeout);
  const auto etcd = std::make_shared<etcd::Client>(*std::move(options));
  return [etcd, name = command.fleet.name, timeout = command.timeout](Client& client) {
    return Init(client, *etcd, name, timeout);
  };
}

}  // namespace greeter::admin_cli
