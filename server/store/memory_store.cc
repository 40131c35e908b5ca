#include "store/memory_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace greeter::store {

MemoryStore::MemoryStore(size_t history, size_t history_bytes)
    : history_(std::max<size_t>(history, 1)), history_bytes_(history_bytes) {}

absl::StatusOr<std::optional<control::Record>> MemoryStore::Latest() {
  if (records_.empty()) return std::nullopt;
  return records_.back();
}

absl::StatusOr<control::Record> MemoryStore::Get(uint64_t revision) {
  if (records_.empty()) {
    return absl::NotFoundError(absl::StrCat("no revision ", revision, "; there are none yet"));
  }
  const uint64_t oldest = records_.front().revision.number();
  const uint64_t newest = records_.back().revision.number();
  if (revision < oldest || revision > newest) {
    return absl::NotFoundError(
        absl::StrCat("no revision ", revision, "; those kept are ", oldest, " to ", newest));
  }
  return records_[revision - oldest];
}

absl::StatusOr<std::vector<api::Revision>> MemoryStore::List(uint64_t before, size_t limit) {
  std::vector<api::Revision> revisions;
  for (auto record = records_.rbegin(); record != records_.rend() && revisions.size() < limit;
       ++record) {
    if (record->revision.number() < before) revisions.push_back(record->revision);
  }
  return revisions;
}

absl::Status MemoryStore::Append(const control::Record& record) {
  const uint64_t next = records_.empty() ? 1 : records_.back().revision.number() + 1;
  if (record.revision.number() != next) {
    return absl::UnavailableError(absl::StrCat("revision ", record.revision.number(),
                                               " can't follow ", next - 1, "; the next one is ",
                                               next));
  }
  records_.push_back(record);
  bytes_ += record.config.ByteSizeLong();
  while (records_.size() > 1 && (records_.size() > history_ || bytes_ > history_bytes_)) {
    bytes_ -= records_.front().config.ByteSizeLong();
    records_.pop_front();
  }
  return absl::OkStatus();
}

}  // namespace greeter::store
