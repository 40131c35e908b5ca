#include "fleet/etcd_store.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "control/convergence.h"
#include "fleet/backoff.h"
#include "fleet/keys.h"
#include "fleet/stored_record.h"
#include "fleet/write_requests.h"
#include "google/protobuf/util/message_differencer.h"
#include "google/protobuf/util/time_util.h"

namespace greeter::fleet {
namespace {

namespace pb = ::etcdserverpb;

// A page of the history is read in answers of so many revisions: each may have a large Config.
constexpr size_t kMostInAnswer = 32;

// Why what is served may not be what the fleet wants; OK if nothing is the matter.
const absl::Status& ProblemOf(const Head::Known& known) {
  return known.contact.ok() ? known.state : known.contact;
}

// The number that ends a RevisionKey().
uint64_t NumberIn(absl::string_view key) {
  uint64_t number = 0;
  return absl::SimpleAtoi(key.substr(key.rfind('/') + 1), &number) ? number : 0;
}

api::Revision Unreadable(const std::string& key) {
  api::Revision revision;
  revision.set_number(NumberIn(key));
  revision.set_action(absl::StrCat("unreadable: greeterd did not write what etcd has in ", key));
  return revision;
}

}  // namespace

EtcdStore::EtcdStore(etcd::Client* client, std::unique_ptr<store::SqliteStore> copy,
                     Options options, spdlog::logger* logger)
    : client_(client),
      options_(std::move(options)),
      logger_(logger),
      copy_(std::move(copy)),
      head_(ConfigKey(options_.fleet)),
      watcher_(client_, ConfigKey(options_.fleet), &head_, logger_) {}

EtcdStore::~EtcdStore() { Stop(); }

void EtcdStore::Start(std::function<void()> changed) {
  changed_ = std::move(changed);
  watcher_.Start(changed_);
}

void EtcdStore::Stop() {
  client_->Stop();
  watcher_.Stop();
}

absl::StatusOr<std::optional<control::Record>> EtcdStore::Latest() {
  watcher_.WaitForFirst(absl::Now() + options_.first_contact);
  Head::Known known = head_.known();
  if (known.record.has_value()) return std::move(known.record);
  absl::StatusOr<std::optional<control::Record>> copied = std::optional<control::Record>();
  if (copy_ != nullptr) copied = copy_->Latest();
  if (!copied.ok()) return copied;
  if (!known.contact.ok() || !known.state.ok()) {
    if (copied->has_value()) return copied;
    return absl::UnavailableError(ProblemOf(known).message());
  }
  if (copied->has_value()) return Found(**std::move(copied));
  return std::nullopt;
}

absl::StatusOr<std::optional<control::Record>> EtcdStore::Found(control::Record newest) {
  const absl::StatusOr<History> history = Copied(std::move(newest));
  if (!history.ok()) return absl::UnavailableError(history.status().message());
  const control::Record& record = history->newest();
  const absl::StatusOr<pb::TxnResponse> answer =
      fleet::Found(*client_, options_.fleet, *history, absl::Now() + options_.write_patience);
  const absl::Status founded = answer.ok() ? Judge(record, *answer) : answer.status();
  if (founded.ok()) {
    for (const std::string& revision : history->left_out()) {
      logger_->warn("the fleet {} does not have the local copy's {}", options_.fleet, revision);
    }
    logger_->warn("the fleet {} had no config: it begins with revision {}, the local copy's",
                  options_.fleet, record.revision.number());
    return record;
  }
  Head::Known known = head_.known();
  if (known.record.has_value()) return std::move(known.record);
  return absl::UnavailableError(founded.message());
}

absl::StatusOr<History> EtcdStore::Copied(control::Record newest) {
  const absl::StatusOr<std::vector<api::Revision>> older =
      copy_->List(newest.revision.number(), options_.history - 1);
  if (!older.ok()) return older.status();
  History history(std::move(newest));
  for (const api::Revision& revision : *older) {
    absl::Status added = history.Add(revision.number(), copy_->Get(revision.number()));
    if (!added.ok()) return added;
  }
  return history;
}

absl::Status EtcdStore::CheckHeard() const {
  const absl::Status contact = head_.known().contact;
  return contact.ok() ? contact : absl::UnavailableError(contact.message());
}

absl::StatusOr<control::Record> EtcdStore::Get(uint64_t revision) {
  if (const absl::Status heard = CheckHeard(); !heard.ok()) return heard;
  pb::RangeRequest request;
  request.set_key(RevisionKey(options_.fleet, revision));
  const absl::StatusOr<pb::RangeResponse> response = client_->Range(request);
  if (!response.ok()) return absl::UnavailableError(response.status().message());
  if (response->kvs_size() == 0) {
    return absl::NotFoundError(absl::StrCat("no revision ", revision, " is kept in the fleet ",
                                            options_.fleet,
                                            "; greeterctl history shows those that are"));
  }
  return Decode(request.key(), response->kvs(0).value());
}

absl::StatusOr<std::vector<api::Revision>> EtcdStore::List(uint64_t before, size_t limit) {
  if (const absl::Status heard = CheckHeard(); !heard.ok()) return heard;
  std::vector<api::Revision> revisions;
  pb::RangeRequest request;
  request.set_key(RevisionKey(options_.fleet, 0));
  request.set_sort_order(pb::RangeRequest::DESCEND);
  request.set_range_end(RevisionKey(options_.fleet, before));
  while (revisions.size() < limit) {
    request.set_limit(static_cast<int64_t>(std::min(limit - revisions.size(), kMostInAnswer)));
    const absl::StatusOr<pb::RangeResponse> response = client_->Range(request);
    if (!response.ok()) return absl::UnavailableError(response.status().message());
    for (const mvccpb::KeyValue& kv : response->kvs()) {
      absl::StatusOr<control::Record> record = Decode(kv.key(), kv.value());
      revisions.push_back(record.ok() ? std::move(record->revision) : Unreadable(kv.key()));
    }
    if (!response->more()) break;
    request.set_range_end(response->kvs(response->kvs_size() - 1).key());
  }
  return revisions;
}

absl::Status EtcdStore::Append(const control::Record& record) {
  const absl::StatusOr<int64_t> base = BaseOf(record);
  if (!base.ok()) return base.status();
  const pb::TxnRequest request = RecordRequest(options_.fleet, record, *base, options_.history);
  if (absl::Status fits = CheckSize(record, request); !fits.ok()) return fits;
  const absl::Time deadline = absl::Now() + options_.write_patience;
  Backoff backoff(absl::Milliseconds(50), absl::Seconds(1));
  absl::Status unknown;  // why it is not known what became of an attempt
  while (true) {
    const absl::StatusOr<pb::TxnResponse> response = client_->Txn(request);
    if (response.ok()) return Judge(record, *response);
    const bool may_be_done = MayBeDone(response.status());
    if (!may_be_done && unknown.ok()) return response.status();
    if (may_be_done) unknown = response.status();
    const absl::Duration delay = backoff.Next();
    if (absl::IsCancelled(response.status()) || absl::Now() + delay > deadline) break;
    absl::SleepFor(delay);
  }
  return absl::DeadlineExceededError(
      absl::StrCat("it is not known whether revision ", record.revision.number(),
                   " was recorded, or will yet be: ", unknown.message()));
}

std::optional<api::FleetStatus> EtcdStore::sharing() const {
  const Head::Known known = head_.known();
  api::FleetStatus status;
  status.set_name(options_.fleet);
  status.set_stale(!known.contact.ok() || (!known.state.ok() && !known.record.has_value()));
  status.set_problem(std::string(ProblemOf(known).message()));
  return status;
}

void EtcdStore::Keep(const control::Record& record) {
  if (copy_ == nullptr || record.revision.number() == 0) return;
  if (google::protobuf::util::MessageDifferencer::Equals(kept_, record.revision)) return;
  absl::Status copied = KeepOther(record);
  if (copied.ok()) copied = copy_->Adopt(record);
  if (copied.ok()) {
    kept_ = record.revision;
  } else {
    logger_->warn("the local copy of revision {} could not be written: {}",
                  record.revision.number(), std::string(copied.message()));
  }
}

absl::Status EtcdStore::KeepOther(const control::Record& record) {
  const Head::Known known = head_.known();
  const absl::StatusOr<std::vector<api::Revision>> copied =
      copy_->List(std::numeric_limits<uint64_t>::max(), 1);
  if (!copied.ok()) return copied.status();
  if (!copied->empty() && !IsSame(copied->front(), record.revision)) {
    const api::Revision& newest = copied->front();
    const bool follows = newest.number() < record.revision.number();
    if (follows && known.histories == kept_histories_) return absl::OkStatus();
    const absl::StatusOr<bool> recorded = IsRecorded(newest);
    if (!recorded.ok()) return recorded.status();
    if (!*recorded) {
      const absl::StatusOr<std::string> aside = copy_->KeepAside();
      if (!aside.ok()) return aside.status();
      logger_->warn(
          "the fleet {} does not have, or has no more, the local copy's revision {}: what the copy "
          "had is kept in {}",
          options_.fleet, newest.number(), *aside);
    }
  }
  // Before etcd is heard, what is in force may be the copy's.
  if (known.contact.ok()) kept_histories_ = known.histories;
  return absl::OkStatus();
}

absl::StatusOr<bool> EtcdStore::IsRecorded(const api::Revision& revision) {
  const absl::StatusOr<control::Record> record = Get(revision.number());
  if (absl::IsNotFound(record.status()) || absl::IsDataLoss(record.status())) return false;
  if (!record.ok()) return record.status();
  return IsSame(record->revision, revision);
}

absl::StatusOr<int64_t> EtcdStore::BaseOf(const control::Record& record) const {
  const Head::Known known = head_.known();
  // What can't be read may be another version's, and is not ours to write over.
  if (!known.contact.ok() || absl::IsDataLoss(known.state)) {
    return absl::UnavailableError(ProblemOf(known).message());
  }
  if (record.follows == (known.record.has_value() ? known.record->write_id : "")) {
    return known.mod_revision;
  }
  return absl::AbortedError("the fleet has a newer revision, which is not yet in force here");
}

absl::Status EtcdStore::Judge(const control::Record& record, const pb::TxnResponse& response) {
  const uint64_t cluster_id = response.header().cluster_id();
  if (response.succeeded()) {
    head_.Wrote(record, cluster_id, response.header().revision());
    return absl::OkStatus();
  }
  const bool is_ours = HasRecorded(response, record);
  if (is_ours) {
    const pb::RangeResponse& recorded = response.responses(1).response_range();
    head_.Wrote(record, cluster_id, recorded.kvs(0).mod_revision());
  }
  pb::RangeResponse config = response.responses(0).response_range();
  *config.mutable_header() = response.header();
  const Head::News news = head_.See(Watcher::ToSight(config), absl::Now());
  if (!news.warning.empty()) logger_->warn("{}", news.warning);
  // Not on this thread alone: of a write of ours that others' has followed.
  if (news.changed) changed_();
  if (is_ours) return absl::OkStatus();
  return absl::AbortedError("another replica has recorded a revision at the same time");
}

}  // namespace greeter::fleet
