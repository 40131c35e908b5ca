// The fleet of a greeterd that belongs to none: itself.

#ifndef GREETER_CONTROL_FLEET_OF_ONE_H_
#define GREETER_CONTROL_FLEET_OF_ONE_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "control/controller.h"
#include "control/fleet.h"

namespace greeter::control {

// After the controller's Start(), any thread.
class FleetOfOne final : public Fleet {
 public:
  // Of the greeterd that has `controller`, which outlives all calls, and takes admin calls at
  // `admin_address`.
  FleetOfOne(const Controller* controller, std::string admin_address)
      : controller_(controller), admin_address_(std::move(admin_address)) {}

  std::string name() const override { return ""; }
  void Visit(Visitor visitor) const override {
    visitor(DescribeReplica(*controller_->GetStatus(""), admin_address_, absl::Now()));
  }
  void Look(LookDone done) override { done(absl::OkStatus()); }
  // There are no others.
  void Observe(Observer /*observer*/) override {}

 private:
  // Constant after construction.
  const Controller* const controller_;
  const std::string admin_address_;
};

}  // namespace greeter::control

#endif  // GREETER_CONTROL_FLEET_OF_ONE_H_
