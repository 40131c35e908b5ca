// Finds out who makes a call, and whether that caller may.

#ifndef GREETER_ADMIN_AUTHORIZATION_H_
#define GREETER_ADMIN_AUTHORIZATION_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin/access.h"
#include "admin/caller.h"
#include "admin/client_certificate.h"
#include "admin/relayed_peers.h"
#include "grpcpp/server_context.h"

namespace greeter::admin {

class ClientStanding;

// The peer of a call with TLS as people write it: "127.0.0.1:41234", "[::1]:41234". `peer` is
// gRPC's form of it. Any thread.
std::string ReadablePeer(const std::string& peer);

// How clients come to the admin port.
enum class Transport { kPlaintext, kMutualTls, kUnix };

// Immutable. Any thread.
class Authorization {
 public:
  // `peers` outlives the server whose calls are looked at. `standing` is for mutual TLS.
  Authorization(Transport transport, const RelayedPeers* peers, Access access,
                std::shared_ptr<ClientStanding> standing);

  const Access& access() const { return access_; }

  // For the methods of GreeterAdminService, whose handlers ask this first of all: who calls, or
  // Access::Check()'s refusal. CANCELLED if the connection has ended. `method` is a path.
  absl::StatusOr<Caller> Authorize(const grpc::CallbackServerContext& context,
                                   absl::string_view method) const;

  // For a call that lasts: whether its caller's certificate still counts, to be asked now and then,
  // by any thread, even after the call has ended. ClientStanding::Check()'s answers. Null without
  // certificates.
  std::function<absl::Status()> Standing(const grpc::CallbackServerContext& context) const;

  // For all others, whose handlers are gRPC's: health, reflection, and what there isn't. By the
  // client's certificate, for only mutual TLS lets us look at these calls: in
  // plaintext everyone may call them, and over the unix socket whoever may open it. Where the call
  // comes from isn't known. OK for GreeterAdminService's methods.
  absl::Status AuthorizeOthers(CertificateReader client, absl::string_view method) const;

 private:
  // CANCELLED if the connection has ended.
  absl::StatusOr<Caller> Identify(const grpc::CallbackServerContext& context) const;
  Caller IdentifyHolder(ClientCertificate client, std::string peer) const;

  const Transport transport_;
  const RelayedPeers* const peers_;
  const Access access_;
  const std::shared_ptr<ClientStanding> standing_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_AUTHORIZATION_H_
