#include "fleet/roster.h"

#include <algorithm>
#include <utility>

#include "absl/strings/strip.h"
#include "google/protobuf/util/time_util.h"

namespace greeter::fleet {
namespace {

using google::protobuf::util::TimeUtil;

// A replica says by its own clock when it wrote its record.
absl::Time WrittenAt(const mvccpb::KeyValue& kv) {
  api::Replica replica;
  if (!replica.ParseFromString(kv.value())) return absl::InfinitePast();
  return absl::FromUnixNanos(TimeUtil::TimestampToNanoseconds(replica.last_heard()));
}

}  // namespace

int64_t Roster::newest() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return newest_;
}

void Roster::List(const etcdserverpb::RangeResponse& response, int64_t before, absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const etcdserverpb::ResponseHeader& header = response.header();
  // Events come in order: what they told already, the list can't know better.
  const bool overtaken = header.revision() < newest_ && header.revision() >= before;
  if (header.cluster_id() == cluster_id_ && overtaken) return;
  cluster_id_ = header.cluster_id();
  listed_ = newest_ = header.revision();
  std::map<std::string, Entry> old = std::exchange(replicas_, {});
  for (const mvccpb::KeyValue& kv : response.kvs()) {
    const auto known = old.find(IdOf(kv));
    if (known != old.end() && known->second.mod_revision == kv.mod_revision()) {
      replicas_.insert(old.extract(known));
    } else {
      // Its lease has not run out, whatever its clock says.
      Put(kv, std::clamp(WrittenAt(kv), now - kLease, now));
    }
  }
}

void Roster::Hear(const mvccpb::Event& event, absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (event.kv().mod_revision() <= listed_) return;
  newest_ = std::max(newest_, event.kv().mod_revision());
  if (event.type() == mvccpb::Event::PUT) {
    Put(event.kv(), now);
  } else {
    replicas_.erase(IdOf(event.kv()));
  }
}

void Roster::Put(const mvccpb::KeyValue& kv, absl::Time heard) {
  Entry entry;
  entry.mod_revision = kv.mod_revision();
  if (!entry.replica.ParseFromString(kv.value()) || entry.replica.id() != IdOf(kv)) {
    replicas_.erase(IdOf(kv));
    return;
  }
  *entry.replica.mutable_last_heard() = TimeUtil::NanosecondsToTimestamp(absl::ToUnixNanos(heard));
  replicas_[IdOf(kv)] = std::move(entry);
}

std::string Roster::IdOf(const mvccpb::KeyValue& kv) const {
  return std::string(absl::StripPrefix(kv.key(), prefix_));
}

void Roster::Visit(control::Fleet::Visitor visitor) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [id, entry] : replicas_) {
    if (!visitor(entry.replica)) return;
  }
}

}  // namespace greeter::fleet
