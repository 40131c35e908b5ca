// The admin API as greeterctl calls it: one server, a deadline for every call, and errors that a
// person understands. gRPC shows only here.

#ifndef GREETER_ADMIN_CLI_CLIENT_CLIENT_H_
#define GREETER_ADMIN_CLI_CLIENT_CLIENT_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "admin_cli/client/tls.h"
#include "google/rpc/error_details.pb.h"
#include "greeter/admin/v1/admin.grpc.pb.h"

namespace greeter::admin_cli {

namespace api = ::greeter::admin::v1;

class Endpoint;

struct ClientHabits {
  // Why a server was not reached is found out, which may take some seconds more; else errors are as
  // gRPC has them.
  bool explains = true;
  // While a call runs, a server that is silent is asked every two seconds whether it is still
  // there, and given up if it has not answered two seconds later.
  bool pings = false;
};

// The values that the server refused, one by one; empty if `status` does not say. Any thread.
std::vector<google::rpc::BadRequest::FieldViolation> FieldViolationsOf(const absl::Status& status);

// Every method blocks, and may be called from any one thread at a time. Errors are the server's
// (see admin.proto), with what FieldViolationsOf() reads; or UNAVAILABLE or DEADLINE_EXCEEDED,
// whose messages name the server's address and what to check, as do those of PERMISSION_DENIED and
// UNAUTHENTICATED: also when the server does not let our certificate in.
class Client {
 public:
  // `server` is host:port, [v6]:port or unix:/path; `timeout` is for each call; without `tls`, and
  // to a unix socket, it speaks plaintext. Connects on the first call, never through a proxy.
  Client(std::string server, absl::Duration timeout, std::optional<Tls> tls = std::nullopt,
         ClientHabits habits = {});
  ~Client();

  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  absl::StatusOr<api::GetStatusResponse> GetStatus(const api::GetStatusRequest& request);
  absl::StatusOr<api::GetConnectionCountsResponse> GetConnectionCounts(
      const api::GetConnectionCountsRequest& request);
  absl::StatusOr<api::SetMessageResponse> SetMessage(const api::SetMessageRequest& request);
  absl::StatusOr<api::StartListeningResponse> StartListening(
      const api::StartListeningRequest& request);
  absl::StatusOr<api::StopListeningResponse> StopListening(
      const api::StopListeningRequest& request);
  absl::StatusOr<api::GetConfigResponse> GetConfig(const api::GetConfigRequest& request);
  absl::StatusOr<api::ApplyConfigResponse> ApplyConfig(const api::ApplyConfigRequest& request);
  absl::StatusOr<api::ListRevisionsResponse> ListRevisions(
      const api::ListRevisionsRequest& request);
  absl::StatusOr<api::RollBackResponse> RollBack(const api::RollBackRequest& request);
  absl::StatusOr<api::ListReplicasResponse> ListReplicas(const api::ListReplicasRequest& request);
  // The same; CANCELLED once `interrupt_fd` is readable, from which nothing is read.
  absl::StatusOr<api::ListReplicasResponse> ListReplicas(const api::ListReplicasRequest& request,
                                                         int interrupt_fd);

  // Calls `on_update`, on this thread, with every status received; the first one must come within
  // the timeout. OK once `on_update` returns false or `interrupt_fd` is readable (-1: never);
  // nothing is read from it. UNAVAILABLE when the server ends the stream, or is given up.
  absl::Status WatchStatus(const api::WatchStatusRequest& request, int interrupt_fd,
                           const std::function<bool(const api::ServerStatus&)>& on_update);

 private:
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (api::GreeterAdminService::Stub::*method)(
                                    grpc::ClientContext*, const Request&, Response*),
                                const Request& request);

  // Constant after construction.
  const std::unique_ptr<Endpoint> endpoint_;
  const std::unique_ptr<api::GreeterAdminService::Stub> stub_;
};

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_CLIENT_CLIENT_H_
