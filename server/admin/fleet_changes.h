// Changes whose answer waits for the whole fleet, where they ask for that; the others pass through.

#ifndef GREETER_ADMIN_FLEET_CHANGES_H_
#define GREETER_ADMIN_FLEET_CHANGES_H_

#include "absl/time/time.h"
#include "admin/open_calls.h"
#include "control/change.h"
#include "control/controller.h"
#include "control/fleet.h"

namespace greeter::admin {

// Any thread.
class FleetChanges {
 public:
  // All outlive the calls that `calls` count.
  FleetChanges(control::Controller* controller, control::Fleet* fleet, OpenCalls* calls)
      : controller_(controller), fleet_(fleet), calls_(calls) {}

  // As Controller::Submit(), and waits and rolls back as change.options say, until a little before
  // `deadline`.
  void Submit(control::Change change, absl::Time deadline,
              control::Controller::ChangeDone done) const;

 private:
  // Constant after construction.
  control::Controller* const controller_;
  control::Fleet* const fleet_;
  OpenCalls* const calls_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_FLEET_CHANGES_H_
