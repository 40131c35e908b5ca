// The observatory that this greeterd's options ask for.

#ifndef GREETER_DAEMON_OBSERVATORY_SETUP_H_
#define GREETER_DAEMON_OBSERVATORY_SETUP_H_

#include <memory>

#include "absl/status/statusor.h"
#include "admin/admin_server.h"
#include "control/controller.h"
#include "daemon/access_log.h"
#include "daemon/data_plane_adapter.h"
#include "daemon/descriptor_budget.h"
#include "daemon/options.h"
#include "observe/admin_calls.h"
#include "observe/observatory.h"

namespace greeter::daemon {

// What there is to be seen; all of it outlives the observatory.
struct Observed {
  control::Controller* controller = nullptr;
  // After Listen().
  const admin::AdminServer* admin = nullptr;
  const observe::AdminCalls* admin_calls = nullptr;
  const DataPlaneAdapter* data_plane = nullptr;
  const AccessLog* access_log = nullptr;
};

// Errors as observe::Observatory::Open(). Once, at start.
absl::StatusOr<std::unique_ptr<observe::Observatory>> OpenObservatory(
    const Options& options, const DescriptorBudget& budget, const Observed& observed);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_OBSERVATORY_SETUP_H_
