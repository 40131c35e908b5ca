// Clients that are stuck: they connect, never read, never send and never close, until destroyed.
//
// Owned by one thread.

#ifndef GREETER_LOAD_HELD_CONNECTIONS_H_
#define GREETER_LOAD_HELD_CONNECTIONS_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "probe/target.h"

namespace greeter::load {

class HeldConnections {
 public:
  // Makes `count` connections, the targets in turns, one after the other, with a receive buffer so
  // small that a greeting of 64 KiB doesn't fit. Blocks until all are made (each for at most 5 s).
  // `source_addresses` as in Options. INVALID_ARGUMENT; UNAVAILABLE if one can't be made, naming
  // how many were.
  static absl::StatusOr<std::unique_ptr<HeldConnections>> Open(
      const std::vector<probe::Target>& targets, int count, int source_addresses = 0);
  // Closes all.
  ~HeldConnections();

  HeldConnections(const HeldConnections&) = delete;
  HeldConnections& operator=(const HeldConnections&) = delete;

  size_t count() const { return fds_.size(); }

 private:
  HeldConnections() = default;

  // Constant after construction.
  std::vector<int> fds_;
};

}  // namespace greeter::load

#endif  // GREETER_LOAD_HELD_CONNECTIONS_H_
