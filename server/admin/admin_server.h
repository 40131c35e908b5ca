// The admin port: GreeterAdminService, health (grpc.health.v1) and reflection, on one address; and
// the health port, if there is to be one.
//
// Health: "" is SERVING from Serve() to SetNotServing(), except while the port doesn't answer its
// own SelfCheck; "greeter.data" follows the controller's snapshots.
//
// Who may do what is in access.h, how clients come in and prove who they are in relayed_entrance.h.

#ifndef GREETER_ADMIN_ADMIN_SERVER_H_
#define GREETER_ADMIN_ADMIN_SERVER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "admin/access.h"
#include "admin/admin_listener.h"
#include "admin/admin_service.h"
#include "admin/authorization.h"
#include "admin/call_gate.h"
#include "admin/certificate_watch.h"
#include "admin/health_server.h"
#include "admin/health_states.h"
#include "admin/open_calls.h"
#include "admin/own_connection.h"
#include "admin/refused_handshakes.h"
#include "admin/relayed_entrance.h"
#include "admin/relayed_peers.h"
#include "admin/self_check.h"
#include "admin/status_source.h"
#include "control/controller.h"
#include "control/fleet.h"
#include "control/fleet_of_one.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"

namespace greeter::admin {

// One owner, whose calls come from one thread at a time.
class AdminServer {
 public:
  struct Options {
    // Whose connections are let in; who they are is the server's business.
    RelayedEntrance::Options entrance;
    SelfCheck::Options self_check;
    // Unset: nobody wants to know.
    CallObserver on_call = nullptr;
    // Mutual TLS, over TCP alone; looked at again every `certificate_interval`.
    std::optional<CertificateFiles> certificates;
    absl::Duration certificate_interval = absl::Seconds(1);
    // Without TLS: take an address that is reachable from other machines all the same.
    bool insecure = false;
    Access::Options access;
    // With TLS: of clients that don't get past the handshake.
    RefusedHandshakes::Options refused_handshakes;
    // With TLS: after about this long a connection takes no more calls, so that clients connect
    // again, with the certificate that they have by then. Streams on it go on.
    absl::Duration max_connection_age = absl::Minutes(10);
    // The group of a unix socket's file; empty: greeterd's own.
    std::string socket_group;
    // WatchStatus streams that run at the same time.
    size_t max_watches = 256;
    // Outlives Stop(). Null: this greeterd belongs to none.
    control::Fleet* fleet = nullptr;
    // The health port's address; empty for none.
    std::string health;
    RelayedEntrance::Options health_entrance = {.name = "--health"};
  };

  // `controller` must not be started yet, for its snapshots are observed; it outlives Stop(), not
  // necessarily this.
  AdminServer(control::Controller* controller, Options options);
  explicit AdminServer(control::Controller* controller) : AdminServer(controller, Options()) {}
  // As Stop(absl::ZeroDuration()).
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // Takes `address` and the health port's, and reads the certificates; who connects waits until
  // Serve(). Before the controller's Start(), so that what can't be had keeps greeterd from
  // starting at all; once. Errors as ListenForAdmin(), CertificateWatch::Start() and
  // Access::Create().
  absl::Status Listen(const std::string& address);

  // Serves there. After Listen() and the controller's Start(); once. INTERNAL if gRPC can't start.
  absl::Status Serve();

  // Where it listens, as people write it, with the port that the kernel chose for port 0. After
  // Listen().
  const std::string& bound_address() const { return bound_address_; }
  // The same of the health port; empty without one.
  const std::string& health_address() const { return health_address_; }

  // What health answers for the services "" and "greeter.data"; before Serve(), what it would.
  // Any thread.
  bool alive() const { return health_states_->IsServing(kAdminHealthService); }
  bool serving() const { return health_states_->IsServing(kDataHealthService); }

  // As the API's GetStatus, of all listeners. After Listen() and the controller's Start(); any
  // thread.
  api::ServerStatus status() const { return *status_->GetStatus(""); }

  // Health answers NOT_SERVING for every service from here on; all else is served. Idempotent.
  void SetNotServing();

  // Accepts no more, ends watches with UNAVAILABLE, gives calls `timeout` to be answered, cancels
  // the rest and closes every connection. Takes little longer than `timeout`, whatever clients do.
  // Idempotent.
  void Stop(absl::Duration timeout);

 private:
  std::unique_ptr<grpc::Server> Build(RelayedEntrance::Grpc* entrance);

  // Constant after construction.
  control::Controller* const controller_;
  const Options options_;
  const std::shared_ptr<HealthStates> health_states_;
  RelayedPeers peers_;
  OwnConnection own_connection_;
  OpenCalls calls_;

  // Set by Listen(), and constant from then on.
  std::string bound_address_;
  std::string health_address_;
  std::shared_ptr<const CertificateWatch> certificates_;
  std::optional<Authorization> authorization_;
  std::shared_ptr<RefusedHandshakes> refused_handshakes_;
  std::optional<StatusSource> status_;
  std::optional<control::FleetOfOne> alone_;
  std::optional<AdminService> service_;

  // Set by Listen() and Serve(), cleared by Stop(), in the order in which they need one another.
  std::optional<AdminListener> listener_;
  std::unique_ptr<HealthServer> health_server_;
  // Answers what there isn't, so that it passes the gate as all else does.
  grpc::CallbackGenericService nothing_else_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<RelayedEntrance> entrance_;
  std::unique_ptr<SelfCheck> self_check_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_ADMIN_SERVER_H_
