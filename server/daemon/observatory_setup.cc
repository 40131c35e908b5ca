#include "daemon/observatory_setup.h"

#include <cstddef>
#include <string>

namespace greeter::daemon {

absl::StatusOr<std::unique_ptr<observe::Observatory>> OpenObservatory(
    const Options& options, const DescriptorBudget& budget, const Observed& observed) {
  return observe::Observatory::Open(
      {.controller = observed.controller,
       .status = [admin = observed.admin] { return admin->status(); },
       .times = [data_plane = observed.data_plane](
                    const std::string& listener) { return data_plane->Times(listener); },
       .admin_calls = observed.admin_calls,
       .alive = [admin = observed.admin] { return admin->alive(); },
       .serving = [admin = observed.admin] { return admin->serving(); },
       .labels = options.labels,
       .access_log = [access_log = observed.access_log] { return access_log->counts(); }},
      {.address = options.http,
       .is_default = !options.has_http,
       .http = {static_cast<size_t>(budget.http_connections)}});
}

}  // namespace greeter::daemon
