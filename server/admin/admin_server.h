// The admin port: GreeterAdminService, health (grpc.health.v1) and reflection, on one address.
//
// Health: "" is SERVING from Serve() to SetNotServing(), except while the port doesn't answer its
// own SelfCheck; "greeter.data" follows the controller's snapshots.

#ifndef GREETER_ADMIN_ADMIN_SERVER_H_
#define GREETER_ADMIN_ADMIN_SERVER_H_

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "admin/acceptor.h"
#include "admin/admin_listener.h"
#include "admin/admin_service.h"
#include "admin/call_observation.h"
#include "admin/data_health.h"
#include "admin/log_pause.h"
#include "admin/open_calls.h"
#include "admin/self_check.h"
#include "admin/unix_entrance.h"
#include "admin/unix_peers.h"
#include "control/controller.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"

namespace greeter::admin {

// One owner, whose calls come from one thread at a time.
class AdminServer {
 public:
  struct Options {
    // Its max_connections are those of a TCP address; a connection over a unix socket takes
    // kDescriptorsPerUnixConnection descriptors, so there are as many times fewer.
    Acceptor::Options acceptor;
    SelfCheck::Options self_check;
    // Unset: nobody wants to know.
    CallObserver on_call = nullptr;
  };

  // `controller` must not be started yet, for its snapshots are observed; it outlives Stop(), not
  // necessarily this.
  AdminServer(control::Controller* controller, Options options);
  explicit AdminServer(control::Controller* controller) : AdminServer(controller, Options()) {}
  // As Stop(absl::ZeroDuration()).
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // Takes `address`; who connects waits until Serve(). Before the controller's Start(), so that an
  // address that can't be had keeps greeterd from starting at all; once. Errors as
  // ListenForAdmin().
  absl::Status Listen(const std::string& address);

  // Serves there. After Listen() and the controller's Start(); once. INTERNAL if gRPC can't start.
  absl::Status Serve();

  // Where it listens, as people write it, with the port that the kernel chose for port 0. After
  // Listen().
  const std::string& bound_address() const { return bound_address_; }

  // What health answers for the services "" and "greeter.data"; before Serve(), what it would.
  // Any thread.
  bool alive() const { return !stopping_ && answers_; }
  bool serving() const { return !stopping_ && data_health_->serving(); }

  // Health answers NOT_SERVING for every service from here on; all else is served. Idempotent.
  void SetNotServing();

  // Accepts no more, ends watches with UNAVAILABLE, gives calls `timeout` to be answered, cancels
  // the rest and closes every connection. Takes little longer than `timeout`, whatever clients do.
  // Idempotent.
  void Stop(absl::Duration timeout);

 private:
  absl::Status StartAccepting();
  // Hands a connection to gRPC, by way of unix_entrance_ if there is one. On the acceptor's thread.
  void HandOver(net::FileDescriptor connection);
  std::unique_ptr<grpc::Server> Build(
      std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor>* entrance);

  // Constant after construction.
  const Options options_;
  const std::shared_ptr<DataHealth> data_health_;
  UnixPeers unix_peers_;
  OpenCalls calls_;
  AdminService service_;

  // As the self-check found last, and whether SetNotServing() was called.
  std::atomic<bool> answers_ = true;
  std::atomic<bool> stopping_ = false;

  // Set by Listen().
  std::string bound_address_;

  // Set by Listen() and Serve(), cleared by Stop(), in the order in which they need one another.
  std::optional<AdminListener> listener_;
  // Of a unix socket only.
  std::unique_ptr<UnixEntrance> unix_entrance_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> entrance_;
  std::unique_ptr<Acceptor> acceptor_;
  std::unique_ptr<SelfCheck> self_check_;

  // Owned by the acceptor's thread.
  LogPause refusals_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_ADMIN_SERVER_H_
