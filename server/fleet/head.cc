#include "fleet/head.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "fleet/stored_record.h"

namespace greeter::fleet {

Head::News Head::See(const Sight& sight, absl::Time now) {
  News news;
  const std::lock_guard<std::mutex> lock(mutex_);
  news.heard = !std::exchange(known_.contact, absl::OkStatus()).ok();
  const bool is_same_cluster = sight.cluster_id == cluster_id_;
  if (cluster_id_ == 0 || (is_same_cluster && sight.revision > revision_)) {
    Take(sight, news);
  } else if (!is_same_cluster) {
    news.warning = StepBack(sight, absl::StrCat("etcd's cluster ID is ", sight.cluster_id,
                                                " now and was ", cluster_id_));
    ++known_.histories;
    Take(sight, news);
  } else if (sight.revision == revision_) {
    doubt_since_.reset();
  } else if (!doubt_since_.has_value()) {
    doubt_since_ = now;
    news.warning = absl::StrCat("etcd's key ", key_, " has revision ", sight.revision, ", and had ",
                                revision_, " before: ignored unless it stays so");
  } else if (now - *doubt_since_ >= kDoubt) {
    news.warning = StepBack(sight, absl::StrCat("etcd's revision has gone back from ", revision_,
                                                " to ", sight.revision));
    ++known_.histories;
    Take(sight, news);
  }
  news.changed = news.changed || news.heard;
  return news;
}

void Head::Wrote(const control::Record& record, uint64_t cluster_id, int64_t revision) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // The watcher may have seen it, and a later one, already.
  if (cluster_id == cluster_id_ && revision <= revision_) return;
  known_.record = record;
  known_.mod_revision = revision;
  known_.state = absl::OkStatus();
  cluster_id_ = cluster_id;
  revision_ = revision;
  doubt_since_.reset();
}

bool Head::Lose(const absl::Status& reason) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(known_.contact, reason) != reason;
}

Head::Known Head::known() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return known_;
}

bool Head::in_doubt() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return doubt_since_.has_value();
}

void Head::Take(const Sight& sight, News& news) {
  cluster_id_ = sight.cluster_id;
  revision_ = sight.revision;
  doubt_since_.reset();
  const absl::Status before = std::exchange(known_.state, absl::OkStatus());
  known_.mod_revision = sight.value.has_value() ? sight.revision : 0;
  if (!sight.value.has_value()) {
    if (known_.record.has_value()) {
      known_.state = absl::NotFoundError(absl::StrCat(
          "etcd's key ", key_, " is gone; what it held is served, and the next change records it"));
    }
  } else if (absl::StatusOr<control::Record> record = Decode(key_, *sight.value); !record.ok()) {
    known_.state = record.status();
  } else {
    news.changed = !known_.record.has_value() || known_.record->write_id != record->write_id;
    known_.record = *std::move(record);
  }
  if (known_.state == before) return;
  news.changed = true;
  if (known_.state.ok() || !news.warning.empty()) return;
  news.warning = std::string(known_.state.message());
}

std::string Head::StepBack(const Sight& sight, const std::string& reason) const {
  const auto describe = [](const control::Record& record) {
    return absl::StrCat("revision ", record.revision.number());
  };
  std::string now = "no config";
  if (sight.value.has_value()) {
    const absl::StatusOr<control::Record> record = Decode(key_, *sight.value);
    now = record.ok() ? describe(*record) : "what can't be read";
  }
  return absl::StrCat(
      reason, ": restored from a backup, or another etcd. It holds ", now,
      known_.record.has_value() ? absl::StrCat(", after ", describe(*known_.record)) : "",
      "; that is adopted");
}

}  // namespace greeter::fleet
