// --health: the health service alone, in plaintext, for probes that can't do mutual TLS. Nothing
// else answers there, and nothing there can change anything, so it may be reachable.
//
// By strangers, too: so what they say goes through a RelayedEntrance before gRPC.

#ifndef GREETER_ADMIN_HEALTH_SERVER_H_
#define GREETER_ADMIN_HEALTH_SERVER_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "admin/admin_listener.h"
#include "admin/health_states.h"
#include "admin/relayed_entrance.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"

namespace greeter::admin {

// One owner, whose calls come from one thread at a time.
class HealthServer {
 public:
  // `states` outlives this.
  HealthServer(HealthStates* states, RelayedEntrance::Options options);
  // As Stop(absl::ZeroDuration()).
  ~HealthServer();
  HealthServer(const HealthServer&) = delete;
  HealthServer& operator=(const HealthServer&) = delete;

  // Takes `address`, any that net::Address::Parse() reads; who connects waits until Serve(). Once.
  absl::Status Listen(const std::string& address);
  // After Listen(); once.
  absl::Status Serve();

  // With the port that the kernel chose for port 0. After Listen().
  const std::string& bound_address() const { return bound_address_; }

  // Closes every connection, within `timeout`. Idempotent.
  void Stop(absl::Duration timeout);

 private:
  // Constant after construction.
  HealthStates* const states_;
  const RelayedEntrance::Options options_;

  // Set by Listen().
  std::string bound_address_;

  // Set by Listen() and Serve(), cleared by Stop(), in the order in which they need one another.
  std::optional<AdminListener> listener_;
  // Answers all else with UNIMPLEMENTED; gRPC starts no server without a service.
  grpc::CallbackGenericService nothing_else_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<RelayedEntrance> entrance_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_HEALTH_SERVER_H_
