// Where the controller stands to a store that it shares: what it has heard, and what it wants and
// can't have. Plain data, of the controller thread; convergence.cc has what the controller does
// with it.
//
// The store only ever says that something has changed; then the controller looks what the newest
// record is, and makes it the one in force: prepare, activate, publish. What can't be applied stays
// wanted, and is tried again with the listeners that can't bind. Until then the one before serves.

#ifndef GREETER_CONTROL_CONVERGENCE_H_
#define GREETER_CONTROL_CONVERGENCE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "control/api.h"
#include "control/config_store.h"

namespace greeter::control {

// What Controller::Start() was given.
struct Beginning {
  api::Config config;
  std::optional<std::string> file_hash;
};

struct Convergence {
  // Until the store has told what is recorded.
  std::optional<Beginning> beginning;
  // As the store says; unset: it is not shared.
  std::optional<api::FleetStatus> sharing;
  // The store's newest record, if it can't be applied, and why: FAILED_PRECONDITION.
  std::optional<Record> wanted;
  absl::Status failure;

  // For the snapshot.
  std::optional<api::FleetStatus> Status() const;
};

// Nothing is wrong with what was to be recorded: the store can't do it now. Any thread.
inline bool IsForLater(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsAborted(status);
}

// Of a new record: 128 random bits. Any thread.
std::string NewWriteId();

}  // namespace greeter::control

#endif  // GREETER_CONTROL_CONVERGENCE_H_
