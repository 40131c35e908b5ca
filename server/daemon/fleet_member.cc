#include "daemon/fleet_member.h"

#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace greeter::daemon {
namespace {

// For etcd to take this replica's record back, at the end.
constexpr absl::Duration kLeave = absl::Seconds(1);

}  // namespace

FleetMember::FleetMember(const State& state, const std::string& name,
                         control::Controller* controller, const std::string& id,
                         const std::shared_ptr<spdlog::logger>& logger)
    : controller_(controller), store_(state.fleet_store()) {
  if (store_ == nullptr) return;
  controller->Observe([store = store_](const control::Snapshot& snapshot) {
    store->Keep({snapshot.revision, snapshot.config, snapshot.file});
  });
  controller->Observe([logger, logged = std::string()](const control::Snapshot& snapshot) mutable {
    const api::FleetStatus& fleet = *snapshot.fleet;
    if (fleet.error() == std::exchange(logged, fleet.error()) || fleet.error().empty()) return;
    logger->error("the fleet's revision {} can't be applied here and will be tried again: {}",
                  fleet.failed_revision(), fleet.error());
  });
  store_->Start([controller] { controller->StoreChanged(); });
  membership_ = std::make_unique<fleet::Membership>(
      state.etcd(), name, id,
      [controller] {
        return control::DescribeReplica(*controller->GetStatus(""), "", absl::Now());
      },
      logger.get());
  controller->Observe(
      [membership = membership_.get()](const control::Snapshot&) { membership->Changed(); });
}

FleetMember::~FleetMember() {
  if (store_ == nullptr) return;
  // It tells both of what is in force.
  controller_->Stop();
  membership_->Leave();
  membership_->WaitUntilLeft(kLeave);
  store_->Stop();
}

void FleetMember::Enter(const std::string& admin_address) {
  if (membership_ != nullptr) membership_->Start(admin_address);
}

void FleetMember::Withdraw() {
  if (membership_ != nullptr) membership_->Leave();
}

}  // namespace greeter::daemon
