// A ConfigStore that lives as long as the process: for --state-dir none, and for tests.

#ifndef GREETER_STORE_MEMORY_STORE_H_
#define GREETER_STORE_MEMORY_STORE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "control/config_store.h"

namespace greeter::store {

// Owned by main, called by the controller thread alone.
class MemoryStore : public control::ConfigStore {
 public:
  // Keeps the newest `history` records, fewer if their Configs take more than `history_bytes`; the
  // newest in any case.
  explicit MemoryStore(size_t history = 1000, size_t history_bytes = control::kMaxHistoryBytes);

  absl::StatusOr<std::optional<control::Record>> Latest() override;
  absl::StatusOr<control::Record> Get(uint64_t revision) override;
  absl::StatusOr<std::vector<api::Revision>> List(uint64_t before, size_t limit) override;
  absl::Status Append(const control::Record& record) override;

 private:
  // Constant after construction.
  const size_t history_;
  const size_t history_bytes_;

  // Owned by the controller thread. Oldest first, numbers without gaps.
  std::deque<control::Record> records_;
  size_t bytes_ = 0;
};

}  // namespace greeter::store

#endif  // GREETER_STORE_MEMORY_STORE_H_
