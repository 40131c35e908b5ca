#include "control/fleet.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "control/connection_counts.h"
#include "google/protobuf/util/time_util.h"

namespace greeter::control {
namespace {

using google::protobuf::util::TimeUtil;

// Of those that a verdict names.
constexpr size_t kMostReplicasListed = 8;

absl::Time ToTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixNanos(TimeUtil::TimestampToNanoseconds(time));
}

// How long ago it was last heard, if it is silent; else zero.
absl::Duration SilenceOf(const api::Replica& replica, absl::Time now) {
  const absl::Duration age = now - ToTime(replica.last_heard());
  return age > kReplicaSilence ? age : absl::ZeroDuration();
}

// Whether a replica's revision of `number` and `time` is `revision`, or a later one of the same
// history, where a higher number has a later time. One of another, such as before a backup of etcd
// was restored, is neither.
bool Reaches(uint64_t number, const std::optional<google::protobuf::Timestamp>& time,
             const api::Revision& revision) {
  if (number < revision.number()) return false;
  // One of a greeterd too old to tell.
  if (!time.has_value()) return true;
  return number == revision.number() ? *time == revision.time() : *time >= revision.time();
}

std::string WhyPending(const api::Replica& replica, const api::Revision& revision, absl::Time now) {
  const absl::Duration silence = SilenceOf(replica, now);
  if (silence > absl::ZeroDuration()) {
    return absl::StrCat("has said nothing for ", absl::ToInt64Seconds(silence), " s");
  }
  if (replica.applied_revision() >= revision.number()) {
    return absl::StrCat("has applied revision ", replica.applied_revision(), " of another history");
  }
  return absl::StrCat("has applied only revision ", replica.applied_revision());
}

}  // namespace

FleetView Fleet::view() const {
  FleetView view = {name(), {}};
  Visit([&](const api::Replica& replica) {
    view.replicas.push_back(replica);
    return true;
  });
  std::sort(view.replicas.begin(), view.replicas.end(),
            [](const api::Replica& a, const api::Replica& b) { return a.id() < b.id(); });
  return view;
}

api::Replica DescribeReplica(const api::ServerStatus& status, const std::string& admin_address,
                             absl::Time now) {
  api::Replica replica;
  replica.set_id(status.server_id());
  replica.set_version(status.version());
  *replica.mutable_start_time() = status.start_time();
  replica.set_admin_address(admin_address);
  replica.set_state(api::Replica::STATE_SERVING);
  replica.set_applied_revision(status.revision().number());
  if (status.revision().has_time()) *replica.mutable_applied_time() = status.revision().time();
  std::vector<std::string> errors;
  for (const api::ListenerStatus& listener : status.listeners()) {
    if (!listener.bound_address().empty()) replica.add_data_addresses(listener.bound_address());
    if (listener.state() == api::ListenerStatus::STATE_FAILED) {
      errors.push_back(absl::StrCat("listener \"", listener.name(), "\": ", listener.error()));
    }
    Add(listener.counts(), *replica.mutable_counts());
  }
  if (status.fleet().failed_revision() > 0) {
    replica.set_failed_revision(status.fleet().failed_revision());
    *replica.mutable_failed_time() = status.fleet().failed_time();
    errors.push_back(
        absl::StrCat("revision ", status.fleet().failed_revision(), ": ", status.fleet().error()));
  }
  if (!errors.empty()) {
    replica.set_state(api::Replica::STATE_FAILED);
    replica.set_error(absl::StrJoin(errors, "; "));
  }
  *replica.mutable_last_heard() = TimeUtil::NanosecondsToTimestamp(absl::ToUnixNanos(now));
  return replica;
}

api::ListReplicasResponse ListReplicas(const FleetView& view, absl::Time now) {
  api::ListReplicasResponse response;
  response.set_fleet(view.name);
  response.mutable_total();
  for (const api::Replica& replica : view.replicas) {
    api::Replica& listed = *response.add_replicas();
    listed = replica;
    if (SilenceOf(replica, now) > absl::ZeroDuration()) {
      listed.set_state(api::Replica::STATE_SILENT);
    }
    response.set_revision(
        std::max({response.revision(), replica.applied_revision(), replica.failed_revision()}));
    Add(replica.counts(), *response.mutable_total());
  }
  return response;
}

Standing StandingOf(const api::Replica& replica, const api::Revision& revision) {
  const auto applied_time =
      replica.has_applied_time() ? std::optional(replica.applied_time()) : std::nullopt;
  if (Reaches(replica.applied_revision(), applied_time, revision)) return Standing::kApplied;
  const auto failed_time =
      replica.has_failed_time() ? std::optional(replica.failed_time()) : std::nullopt;
  if (Reaches(replica.failed_revision(), failed_time, revision)) return Standing::kRefused;
  return Standing::kPending;
}

FleetProgress ProgressOf(const FleetView& view, const api::Revision& revision, absl::Time now) {
  FleetProgress progress;
  for (const api::Replica& replica : view.replicas) {
    switch (StandingOf(replica, revision)) {
      case Standing::kApplied:
        if (replica.error().empty()) break;
        progress.impaired.push_back(
            absl::StrCat(replica.id(), ": has applied it, but ", replica.error()));
        break;
      case Standing::kRefused:
        progress.refused.push_back(absl::StrCat(replica.id(), ": ", replica.error()));
        break;
      case Standing::kPending:
        progress.pending.push_back(
            absl::StrCat(replica.id(), ": ", WhyPending(replica, revision, now)));
        break;
    }
  }
  return progress;
}

absl::Status Verdict(const FleetProgress& progress, uint64_t revision) {
  if (progress.complete()) return absl::OkStatus();
  std::vector<std::string> lines;
  for (const auto* group : {&progress.refused, &progress.impaired, &progress.pending}) {
    lines.insert(lines.end(), group->begin(), group->end());
  }
  const size_t listed = std::min(lines.size(), kMostReplicasListed);
  const std::string more =
      listed < lines.size() ? absl::StrCat("; and ", lines.size() - listed, " more") : "";
  const size_t all = lines.size();
  lines.resize(listed);
  const std::string message =
      absl::StrCat("revision ", revision, " was applied here, but not all of it on ", all,
                   all == 1 ? " replica: " : " replicas: ", absl::StrJoin(lines, "; "), more);
  if (progress.refused.empty() && progress.impaired.empty()) {
    return absl::DeadlineExceededError(message);
  }
  return absl::FailedPreconditionError(message);
}

}  // namespace greeter::control
