// Who may have how many of the process' file descriptors, so that clients of the data plane never
// take those that operators need.

#ifndef GREETER_DAEMON_DESCRIPTOR_BUDGET_H_
#define GREETER_DAEMON_DESCRIPTOR_BUDGET_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace greeter::daemon {

struct DescriptorBudget {
  // Listening sockets, workers and connections of clients.
  int data_plane = 0;
  // Connections of operators with TLS, at one descriptor each; without, each takes three.
  int admin_connections = 0;
  // Connections to the metrics and the page.
  int http_connections = 0;
};

// FAILED_PRECONDITION if `limit` is below what greeterd starts with: gRPC aborts the process where
// it finds no descriptor for itself.
absl::Status CheckDescriptorLimit(int limit);

// Divides `limit`. An eighth, within reason, is kept from the data plane. Half of that is for
// operators, 32 descriptors at least unless the limit is below 128; an eighth, but no more than 16,
// for HTTP; the rest is for what is open in any case (some 20: standard streams, gRPC's pollers,
// the admin listener, its self-check) and for what is open for a moment, as files are.
DescriptorBudget DivideDescriptors(int limit);

// Raises this process' limit to what it may have, and divides that. As CheckDescriptorLimit().
// Once, at start.
absl::StatusOr<DescriptorBudget> PlanDescriptors();

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_DESCRIPTOR_BUDGET_H_
