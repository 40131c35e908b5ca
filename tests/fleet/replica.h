// A replica in the test's own process: store and controller are real, the data plane binds nothing.
//
// Owned by one thread; any thread may call its verbs.

#ifndef GREETER_TESTS_FLEET_REPLICA_H_
#define GREETER_TESTS_FLEET_REPLICA_H_

#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "control/controller.h"
#include "etcd/client.h"
#include "fleet/etcd_store.h"
#include "spdlog/logger.h"
#include "support/fake_data_plane.h"

namespace greeter::testing {

class Replica {
 public:
  // Of the fleet "web" at this address of etcd, with its local copy in `state`, if that is not
  // empty. Starts; without an initial Config but for a listener "default" that says "Hello world".
  explicit Replica(const std::string& etcd, const std::string& state = "");
  ~Replica();

  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  // The revision that the change made. 0 expects none.
  absl::StatusOr<uint64_t> SetMessage(const std::string& text, uint64_t expected_revision = 0);
  // What is in force here.
  uint64_t revision() const { return controller_->snapshot()->revision.number(); }
  std::string text() const;
  api::FleetStatus fleet() const { return *controller_->snapshot()->fleet; }
  bool serving() const { return controller_->snapshot()->serving(); }
  // Waits for it; false if it does not come to be.
  bool Says(const std::string& text) const;
  // The numbers of the fleet's revisions, newest first.
  std::vector<uint64_t> History();
  // What it has logged.
  std::string log() const;

 private:
  class Log;

  std::shared_ptr<Log> log_;
  spdlog::logger logger_;
  FakeDataPlane data_plane_;
  etcd::Client client_;
  fleet::EtcdStore store_;
  std::unique_ptr<control::Controller> controller_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_FLEET_REPLICA_H_
