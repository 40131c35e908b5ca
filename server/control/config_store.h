// What the control plane needs of a store: a history of revisions that is only ever added to. A
// store may forget the oldest.
//
// A store may be shared with other greeterds, which add to it as well. Two of them may want to make
// the same revision: the first one does, the other is told.

#ifndef GREETER_CONTROL_CONFIG_STORE_H_
#define GREETER_CONTROL_CONFIG_STORE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "control/api.h"

namespace greeter::control {

// A config file that was applied.
struct AppliedFile {
  // Of its content: SHA-256 in hexadecimal.
  std::string hash;
  // The revision that applied it. Later ones are changes made at run time.
  uint64_t revision = 0;
};

// What a store keeps of Configs besides the newest, at most: a thousand of the largest would be
// gigabytes.
inline constexpr size_t kMaxHistoryBytes = size_t{64} << 20;

// One accepted change.
struct Record {
  api::Revision revision;
  api::Config config;
  // The config file applied last, by this revision or before it; it is carried from record to
  // record, so that forgetting old revisions does not forget it. Unset: none ever was.
  std::optional<AppliedFile> file;
  // Of the write that recorded it: tells two records of one number apart. And that of the record
  // which it follows, as far as its writer knew. For shared stores; others need not keep them.
  std::string write_id = {};
  std::string follows = {};
};

// Whether `hash`, if there is one, is of another file than the one that `record` has applied.
inline bool IsOtherFile(const Record& record, const std::optional<std::string>& hash) {
  return hash.has_value() && (!record.file.has_value() || record.file->hash != *hash);
}

// Called by the controller thread alone.
class ConfigStore {
 public:
  virtual ~ConfigStore() = default;

  // The newest record; nullopt in a store that never held one. UNAVAILABLE if it can't be read,
  // DATA_LOSS if it is damaged. Of a shared store the newest that is known of; waits only as long
  // as nothing is.
  virtual absl::StatusOr<std::optional<Record>> Latest() = 0;

  // The record of one revision. NOT_FOUND if there is none or it is no longer kept; UNAVAILABLE,
  // DATA_LOSS.
  virtual absl::StatusOr<Record> Get(uint64_t revision) = 0;

  // The next page of the history: at most `limit` revisions with numbers below `before`, newest
  // first. Empty if there are none. UNAVAILABLE.
  virtual absl::StatusOr<std::vector<api::Revision>> List(uint64_t before, size_t limit) = 0;

  // Records `record`, whose number is the newest one's plus 1. OK means that Latest() gives it from
  // now on, whatever happens to this process. Any error (UNAVAILABLE) means that Latest() does not,
  // and that the next record may take its number. A disk that fails may also fail to take the
  // record back: should this process die before the next record, a later one may then find it.
  //
  // A shared store has more errors: ABORTED if another's record was first (Latest() gives it, or
  // soon will), and DEADLINE_EXCEEDED if it is not known whether it is recorded, or will yet be.
  virtual absl::Status Append(const Record& record) = 0;

  // How this greeterd stands to the others that share the store, as far as the store knows; nullopt
  // if it is not shared.
  virtual std::optional<api::FleetStatus> sharing() const { return std::nullopt; }
};

}  // namespace greeter::control

#endif  // GREETER_CONTROL_CONFIG_STORE_H_
