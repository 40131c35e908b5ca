// This greeterd as a member of its fleet: what the others record reaches its controller, and they
// know how far it is. Without --fleet there is nothing to do.

#ifndef GREETER_DAEMON_FLEET_MEMBER_H_
#define GREETER_DAEMON_FLEET_MEMBER_H_

#include <spdlog/logger.h>

#include <memory>
#include <string>

#include "control/controller.h"
#include "control/fleet.h"
#include "daemon/state.h"
#include "fleet/membership.h"

namespace greeter::daemon {

// One owner, whose calls come from one thread at a time.
class FleetMember {
 public:
  // Connects the store of `state` with `controller`, before that starts, as the replica `id` of the
  // fleet `name`. What is in force is copied to the state directory from then on, and what can't be
  // is logged. All outlive it.
  FleetMember(const State& state, const std::string& name, control::Controller* controller,
              const std::string& id, const std::shared_ptr<spdlog::logger>& logger);
  // As Withdraw(), and stops the controller and the store. Waits a second for etcd, at most.
  ~FleetMember();

  FleetMember(const FleetMember&) = delete;
  FleetMember& operator=(const FleetMember&) = delete;

  // Null without a fleet. To be used after Enter().
  control::Fleet* fleet() const { return membership_.get(); }

  // Makes this replica known to the others, once the controller has started.
  void Enter(const std::string& admin_address);
  // So that nobody waits for this replica any more; it still follows. Does not wait.
  void Withdraw();

 private:
  // Constant after construction; null without a fleet.
  control::Controller* const controller_;
  fleet::EtcdStore* const store_;
  std::unique_ptr<fleet::Membership> membership_;
};

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_FLEET_MEMBER_H_
