#include "fleet/founding.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "control/convergence.h"
#include "fleet/backoff.h"
#include "fleet/write_requests.h"

namespace greeter::fleet {
namespace {

namespace pb = ::etcdserverpb;

// Of the Configs in one request that carries revisions along: the rest takes room as well.
constexpr size_t kMostCarried = kMostInRequest / 2;

// A founder whose claim has not been renewed for so long has given up, or is dead.
constexpr absl::Duration kSilence = absl::Seconds(3);

class Founder {
 public:
  Founder(etcd::Client& client, const std::string& fleet, const History& history,
          pb::TxnRequest last)
      : client_(client), fleet_(fleet), history_(history), last_(std::move(last)) {}

  // One attempt. The answer to the first transaction that has not succeeded, or to the last.
  absl::StatusOr<pb::TxnResponse> Try() {
    absl::StatusOr<pb::TxnResponse> answer =
        client_.Txn(ClaimRequest(fleet_, history_.newest(), over_));
    if (!answer.ok()) return answer;
    if (!answer->succeeded()) {
      LookAt(OtherClaim(*answer));
      return answer;
    }
    // An earlier attempt can't come to the end any more.
    unknown_ = absl::OkStatus();
    pb::TxnRequest request = CarryRequest(fleet_, history_.newest(), Claim(*answer));
    size_t bytes = 0;
    for (const control::Record& record : history_.older()) {
      const size_t size = record.config.ByteSizeLong();
      if (request.success_size() == kMostOperations || bytes + size > kMostCarried) {
        answer = client_.Txn(request);
        if (!answer.ok() || !answer->succeeded()) return answer;
        request = CarryRequest(fleet_, history_.newest(), Claim(*answer));
        bytes = 0;
      }
      AddOlder(fleet_, record, &request);
      bytes += size;
    }
    answer = client_.Txn(request);
    if (!answer.ok() || !answer->succeeded()) return answer;
    pb::TxnRequest last = last_;
    EndFounding(fleet_, Claim(*answer), &last);
    answer = client_.Txn(last);
    if (MayBeDone(answer.status())) unknown_ = answer.status();
    return answer;
  }

  // Why an attempt may have come to the end, or may yet, that had no answer.
  const absl::Status& unknown() const { return unknown_; }

 private:
  static int64_t Claim(const pb::TxnResponse& answer) { return answer.header().revision(); }

  // Whether the next attempt takes over the claim that stands in the way: our own, of an attempt
  // that failed, or one that is not renewed any more.
  void LookAt(const mvccpb::KeyValue* claim) {
    const int64_t renewed = claim == nullptr ? 0 : claim->mod_revision();
    if (renewed != seen_) {
      seen_ = renewed;
      seen_since_ = absl::Now();
    }
    const bool is_ours = claim != nullptr && claim->value() == history_.newest().write_id;
    over_ = is_ours || absl::Now() - seen_since_ > kSilence ? renewed : 0;
  }

  // Constant after construction.
  etcd::Client& client_;
  const std::string& fleet_;
  const History& history_;
  const pb::TxnRequest last_;

  int64_t over_ = 0;  // what the next claim takes over
  int64_t seen_ = 0;  // when the claim in the way was renewed, as etcd counts
  absl::Time seen_since_ = absl::InfiniteFuture();
  absl::Status unknown_;
};

// Whether `answer`, to what has not succeeded, shows a config.
bool HasBegun(const pb::TxnResponse& answer) {
  return answer.responses(0).response_range().kvs_size() > 0;
}

}  // namespace

History::History(control::Record newest) : newest_(std::move(newest)) {
  newest_.write_id = control::NewWriteId();
}

absl::Status History::Add(uint64_t number, absl::StatusOr<control::Record> record) {
  const absl::Status read = record.status();
  if (absl::IsNotFound(read) || absl::IsDataLoss(read) || absl::IsFailedPrecondition(read)) {
    left_out_.push_back(absl::StrCat("revision ", number, ": ", read.message()));
    return absl::OkStatus();
  }
  if (!read.ok()) return read;
  const size_t size = record->config.ByteSizeLong();
  if (size > kMostCarried) {
    left_out_.push_back(
        absl::StrCat("revision ", number, ": too large for etcd, with ", size >> 10, " KiB"));
    return absl::OkStatus();
  }
  record->write_id = control::NewWriteId();
  older_.push_back(*std::move(record));
  return absl::OkStatus();
}

absl::StatusOr<pb::TxnResponse> Found(etcd::Client& client, const std::string& fleet,
                                      const History& history, absl::Time deadline) {
  const control::Record& newest = history.newest();
  // Nothing is forgotten: there may be gaps.
  pb::TxnRequest last =
      RecordRequest(fleet, newest, /*base=*/0, /*history=*/newest.revision.number());
  if (absl::Status fits = CheckSize(newest, last); !fits.ok()) return fits;
  Backoff backoff(absl::Milliseconds(50), absl::Seconds(1));
  Founder founder(client, fleet, history, std::move(last));
  while (true) {
    const absl::StatusOr<pb::TxnResponse> answer = founder.Try();
    if (answer.ok() && (answer->succeeded() || HasBegun(*answer))) return answer;
    const absl::Status why = answer.ok()
                                 ? absl::UnavailableError(absl::StrCat(
                                       "another begins the fleet ", fleet,
                                       " at the same time; see what it begins with, or try again"))
                                 : answer.status();
    const absl::Duration delay = backoff.Next();
    if (!absl::IsCancelled(why) && absl::Now() + delay <= deadline) {
      absl::SleepFor(delay);
      continue;
    }
    const absl::Status& unknown = founder.unknown();
    if (unknown.ok()) return why;
    return absl::DeadlineExceededError(
        absl::StrCat("it is not known whether the fleet ", fleet,
                     " has begun, or will yet; begin it again to know: ", unknown.message()));
  }
}

}  // namespace greeter::fleet
