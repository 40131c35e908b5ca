// What the control plane needs of a store: an append-only history of revisions.

#ifndef GREETER_CONTROL_CONFIG_STORE_H_
#define GREETER_CONTROL_CONFIG_STORE_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "control/api.h"

namespace greeter::control {

// One accepted change.
struct Record {
  api::Revision revision;
  api::Config config;
};

// Called by the controller thread alone.
class ConfigStore {
 public:
  virtual ~ConfigStore() = default;

  // The newest record; nullopt in a store that never held one. UNAVAILABLE if it can't be read.
  virtual absl::StatusOr<std::optional<Record>> Latest() = 0;

  // The record of one revision. NOT_FOUND if there is none or it is no longer kept; UNAVAILABLE.
  virtual absl::StatusOr<Record> Get(uint64_t revision) = 0;

  // Records `record`, whose number is the newest one's plus 1. OK means that Latest() gives it from
  // now on, whatever happens to this process; any error (UNAVAILABLE) means that it never will.
  virtual absl::Status Append(const Record& record) = 0;
};

}  // namespace greeter::control

#endif  // GREETER_CONTROL_CONFIG_STORE_H_
