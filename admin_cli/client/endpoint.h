// The server as greeterctl reaches it: the channel, and what a call's failure means to the person
// who must mend it. For client.cc alone.

#ifndef GREETER_ADMIN_CLI_CLIENT_ENDPOINT_H_
#define GREETER_ADMIN_CLI_CLIENT_ENDPOINT_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "admin_cli/client/client.h"
#include "admin_cli/client/tls.h"

namespace greeter::admin_cli {

// Every method may be called from any one thread at a time.
class Endpoint {
 public:
  // See Client.
  Endpoint(std::string server, absl::Duration timeout, std::optional<Tls> tls, ClientHabits habits);

  const std::string& server() const { return server_; }
  absl::Duration timeout() const { return timeout_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // The outcome of a call. Where gRPC does not say why the server was not reached, it is asked once
  // more (see diagnosis.h), which may take three seconds.
  absl::Status ToStatus(const grpc::Status& status) const;
  // That of a call whose time was up.
  absl::Status TimedOut() const;
  // Whether a ping was not answered, and what that means.
  static bool IsGivenUp(const grpc::Status& status);
  absl::Status GivenUp() const;

 private:
  bool is_unix() const;
  absl::Status Unreachable(const std::string& reason) const;
  absl::Status NoSuchHost(const std::string& reason) const;
  absl::Status UnixSocketRefused(const std::string& reason) const;
  absl::Status Diagnosis() const;

  // Constant after construction.
  const std::string server_;
  const absl::Duration timeout_;
  const std::optional<Tls> tls_;
  const ClientHabits habits_;
  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_CLIENT_ENDPOINT_H_
