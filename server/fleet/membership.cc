#include "fleet/membership.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fleet/keys.h"

namespace greeter::fleet {
namespace {

namespace pb = ::etcdserverpb;

// The least time over which a rate is taken.
constexpr absl::Duration kRateInterval = absl::Seconds(1);
// How long a watch may last until what it told is compared with a list.
constexpr absl::Duration kWatch = absl::Seconds(30);

// "0" comes next after "/".
std::string EndOf(std::string prefix) {
  ++prefix.back();
  return prefix;
}

absl::Status Leaving() { return absl::UnavailableError("this replica is leaving its fleet"); }

}  // namespace

Membership::Membership(etcd::Client* client, const std::string& fleet, std::string id,
                       Describe describe, spdlog::logger* logger)
    : client_(client),
      fleet_(fleet),
      id_(std::move(id)),
      prefix_(ReplicasPrefix(fleet)),
      describe_(std::move(describe)),
      logger_(logger),
      roster_(prefix_) {}

Membership::~Membership() {
  Leave();
  if (writer_.joinable()) writer_.join();
  if (watcher_.joinable()) watcher_.join();
}

void Membership::Start(const std::string& admin_address) {
  admin_address_ = admin_address;
  writing_ = true;
  writer_ = std::thread(&Membership::RunWriter, this);
  watcher_ = std::thread(&Membership::RunWatcher, this);
}

void Membership::Changed() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    changed_ = true;
  }
  wake_writer_.notify_one();
}

void Membership::Leave() {
  std::vector<LookDone> looks;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    left_ = true;
    looks = std::exchange(looks_, {});
  }
  wake_writer_.notify_all();
  wake_watcher_.notify_all();
  for (LookDone& done : looks) done(Leaving());
}

void Membership::WaitUntilLeft(absl::Duration patience) {
  std::unique_lock<std::mutex> lock(mutex_);
  wake_owner_.wait_for(lock, absl::ToChronoNanoseconds(patience), [this] { return !writing_; });
}

void Membership::Visit(Visitor visitor) const {
  bool goes_on = true;
  std::optional<double> accept_rate;
  roster_.Visit([&](const api::Replica& replica) {
    if (replica.id() != id_) return goes_on = visitor(replica);
    if (replica.has_accept_rate()) accept_rate = replica.accept_rate();
    return true;
  });
  if (!goes_on) return;
  // Last, for it is not had for nothing.
  api::Replica self = Self();
  if (accept_rate.has_value()) self.set_accept_rate(*accept_rate);
  visitor(self);
}

void Membership::Look(LookDone done) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!left_) {
      looks_.push_back(std::move(done));
      done = nullptr;
    }
  }
  wake_writer_.notify_one();
  if (done != nullptr) done(Leaving());
}

void Membership::Observe(Observer observer) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    observers_.emplace(++last_observer_, std::move(observer));
  }
  wake_watcher_.notify_one();
}

api::Replica Membership::Self() const {
  api::Replica self = describe_();
  self.set_admin_address(admin_address_);
  return self;
}

void Membership::RunWriter() {
  Clock::time_point due = Clock::now();
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wake_writer_.wait_until(lock, due, [this] { return left_ || changed_ || !looks_.empty(); });
    if (left_) break;
    const bool beats = Clock::now() >= due;
    const bool writes = std::exchange(changed_, false) || beats;
    lock.unlock();
    absl::Status status;
    if (writes) {
      status = Write(beats);
      Tell(status);
      if (!status.ok()) {
        due = Clock::now() + absl::ToChronoNanoseconds(retry_.Next());
      } else {
        retry_.Reset();
        if (beats) due = Clock::now() + absl::ToChronoNanoseconds(kHeartbeat);
      }
    }
    lock.lock();
    std::vector<LookDone> looks = std::exchange(looks_, {});
    lock.unlock();
    if (!looks.empty()) {
      // Who has just waited for etcd in vain is not to wait once more.
      if (status.ok()) status = List().status();
      for (LookDone& done : looks) done(status);
    }
    lock.lock();
  }
  lock.unlock();
  Revoke();
  lock.lock();
  writing_ = false;
  wake_owner_.notify_one();
}

void Membership::Revoke() {
  if (lease_ == 0) return;
  const absl::Status revoked = client_->LeaseRevoke(lease_);
  if (revoked.ok()) return;
  logger_->warn("the fleet takes this replica for live until its lease runs out, in {} s: {}",
                absl::ToInt64Seconds(kLease), std::string(revoked.message()));
}

absl::Status Membership::Write(bool keeps_alive) {
  if (lease_ != 0 && keeps_alive) {
    const absl::Status kept = client_->LeaseKeepAlive(lease_);
    if (absl::IsNotFound(kept)) {
      lease_ = 0;
    } else if (!kept.ok()) {
      return kept;
    }
  }
  const api::Replica record = Record();
  if (lease_ != 0) {
    const absl::Status put = Put(record);
    if (!absl::IsNotFound(put)) return put;
  }
  const absl::StatusOr<etcd::Lease> lease = client_->LeaseGrant(kLease);
  if (!lease.ok()) return lease.status();
  lease_ = lease->id;
  return Put(record);
}

absl::Status Membership::Put(const api::Replica& replica) {
  pb::TxnRequest request;
  pb::PutRequest& put = *request.add_success()->mutable_request_put();
  put.set_key(prefix_ + id_);
  put.set_value(replica.SerializeAsString());
  put.set_lease(lease_);
  return client_->Txn(request).status();
}

api::Replica Membership::Record() {
  api::Replica replica = Self();
  const uint64_t accepted = replica.counts().accepted();
  const Clock::time_point now = Clock::now();
  if (!counted_.has_value() || now - *counted_ >= absl::ToChronoNanoseconds(kRateInterval)) {
    if (counted_.has_value()) {
      // A removed listener takes its counts with it.
      accept_rate_ = static_cast<double>(accepted - std::min(accepted, accepted_)) /
                     absl::ToDoubleSeconds(absl::FromChrono(now - *counted_));
    }
    accepted_ = accepted;
    counted_ = now;
  }
  if (accept_rate_.has_value()) replica.set_accept_rate(*accept_rate_);
  return replica;
}

void Membership::Tell(const absl::Status& status) {
  if (status.ok() != writes_fail_) return;
  writes_fail_ = !status.ok();
  if (status.ok()) {
    logger_->info("the fleet knows this replica again, as {}", id_);
  } else {
    logger_->warn("the fleet can't be told of this replica, which is tried again: {}",
                  std::string(status.message()));
  }
}

void Membership::RunWatcher() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wake_watcher_.wait(lock, [this] { return left_ || !observers_.empty(); });
    if (left_) return;
    lock.unlock();
    const absl::StatusOr<int64_t> listed = List();
    if (listed.ok()) Publish();
    const bool ended_well = listed.ok() && Watch(*listed + 1).ok();
    lock.lock();
    if (!ended_well) {
      wake_watcher_.wait_for(lock, absl::ToChronoNanoseconds(backoff_.Next()),
                             [this] { return left_; });
    }
  }
}

absl::StatusOr<int64_t> Membership::List() {
  pb::RangeRequest request;
  request.set_key(prefix_);
  request.set_range_end(EndOf(prefix_));
  const int64_t before = roster_.newest();
  const absl::StatusOr<pb::RangeResponse> response = client_->Range(request);
  if (!response.ok()) return response.status();
  roster_.List(*response, before, absl::Now());
  return response->header().revision();
}

absl::Status Membership::Watch(int64_t from) {
  pb::WatchCreateRequest request;
  request.set_key(prefix_);
  request.set_range_end(EndOf(prefix_));
  request.set_start_revision(from);
  return client_->Watch(request, kWatch, [this](const pb::WatchResponse& response) {
    backoff_.Reset();
    for (const mvccpb::Event& event : response.events()) roster_.Hear(event, absl::Now());
    if (response.events_size() > 0) Publish();
  });
}

void Membership::Publish() {
  std::map<uint64_t, Observer> observers;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    observers = observers_;
  }
  for (const auto& [number, observer] : observers) {
    if (observer()) continue;
    const std::lock_guard<std::mutex> lock(mutex_);
    observers_.erase(number);
  }
}

}  // namespace greeter::fleet
