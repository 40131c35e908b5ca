#include "fleet/begin_fleet.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "control/config_store.h"
#include "etcd/rpc.pb.h"
#include "fleet/founding.h"
#include "fleet/keys.h"
#include "fleet/stored_record.h"
#include "fleet/write_requests.h"

namespace greeter::fleet {
namespace {

namespace api = ::greeter::admin::v1;

absl::StatusOr<control::Record> ToRecord(const absl::StatusOr<api::GetConfigResponse>& read) {
  if (!read.ok()) return read.status();
  control::Record record;
  record.revision = read->revision();
  record.config = read->config();
  if (read->has_applied_file()) {
    record.file =
        control::AppliedFile{read->applied_file().sha256(), read->applied_file().revision()};
  }
  return record;
}

// Of a fleet that had begun: `config` is what its key of that name has. FAILED_PRECONDITION unless
// that is `newest`.
absl::StatusOr<Begun> BegunBefore(const std::string& name, api::GetConfigResponse newest,
                                  const mvccpb::KeyValue& config) {
  const absl::StatusOr<control::Record> has = Decode(config.key(), config.value());
  if (has.ok() && IsSame(has->revision, newest.revision())) {
    return Begun{.newest = std::move(newest)};
  }
  const std::string what =
      has.ok() ? absl::StrCat("and is at revision ", has->revision.number(), " (",
                              has->revision.action(), ", by ", has->revision.author(), ")")
               : absl::StrCat("with what can't be read in ", config.key());
  return absl::FailedPreconditionError(absl::StrCat(
      "the fleet ", name, " has begun already, ", what,
      "; it is left alone: take another name, or give it the config that you want with "
      "\"greeterctl config apply\""));
}

}  // namespace

absl::StatusOr<Begun> BeginFleet(etcd::Options etcd, const std::string& name, const Source& source,
                                 absl::Duration timeout) {
  etcd.call_timeout = std::min(etcd.call_timeout, timeout);
  etcd::Client client(std::move(etcd));
  const absl::StatusOr<api::ListRevisionsResponse> listed = source.list();
  if (!listed.ok()) return listed.status();
  if (listed->revisions().empty()) {
    return absl::FailedPreconditionError(
        "this greeterd has no revision yet that a fleet could begin with");
  }
  absl::StatusOr<api::GetConfigResponse> newest = source.get(listed->revisions(0).number());
  if (!newest.ok()) return newest.status();
  // Before all of the history is read, and a founding tried again and again.
  etcdserverpb::RangeRequest request;
  request.set_key(ConfigKey(name));
  const absl::StatusOr<etcdserverpb::RangeResponse> found = client.Range(request);
  if (!found.ok()) return found.status();
  if (found->kvs_size() > 0) return BegunBefore(name, *std::move(newest), found->kvs(0));
  History history(*ToRecord(newest));
  for (int i = 1; i < listed->revisions_size(); ++i) {
    const uint64_t number = listed->revisions(i).number();
    absl::Status added = history.Add(number, ToRecord(source.get(number)));
    if (!added.ok()) return added;
  }
  const absl::StatusOr<etcdserverpb::TxnResponse> answer =
      Found(client, name, history, absl::Now() + timeout);
  if (!answer.ok()) return answer.status();
  if (!HasRecorded(*answer, history.newest())) {
    return BegunBefore(name, *std::move(newest), answer->responses(0).response_range().kvs(0));
  }
  return Begun{.is_new = true,
               .newest = *std::move(newest),
               .older = history.older().size(),
               .left_out = history.left_out()};
}

}  // namespace greeter::fleet
