// How a fleet begins with what a greeterd has that serves on, read over its admin API.

#ifndef GREETER_FLEET_BEGIN_FLEET_H_
#define GREETER_FLEET_BEGIN_FLEET_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "etcd/client.h"
#include "greeter/admin/v1/admin.pb.h"

namespace greeter::fleet {

// How that greeterd is asked; errors are those of its API.
struct Source {
  // All revisions, newest first.
  std::function<absl::StatusOr<admin::v1::ListRevisionsResponse>()> list;
  std::function<absl::StatusOr<admin::v1::GetConfigResponse>(uint64_t revision)> get;
};

struct Begun {
  // The fleet has begun just now; or else it had before, and has the same newest revision.
  bool is_new = false;
  // That revision.
  admin::v1::GetConfigResponse newest;
  // How many revisions before it were carried along, and a line for each that was left out.
  size_t older = 0;
  std::vector<std::string> left_out = {};
};

// Begins the fleet `name`, unless it has begun: then it is left alone. `timeout` is for etcd, once
// the source has been read. Any thread. Blocks. Errors are those of the source and of Found(), and
// FAILED_PRECONDITION if the source has nothing, or the fleet has begun with something else.
absl::StatusOr<Begun> BeginFleet(etcd::Options etcd, const std::string& name, const Source& source,
                                 absl::Duration timeout);

}  // namespace greeter::fleet

#endif  // GREETER_FLEET_BEGIN_FLEET_H_
