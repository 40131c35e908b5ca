// Finds out who makes a call, and whether that caller may.

#ifndef GREETER_ADMIN_AUTHORIZATION_H_
#define GREETER_ADMIN_AUTHORIZATION_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin/access.h"
#include "admin/caller.h"
#include "admin/relayed_peers.h"

namespace greeter::admin {

// `peer` is a ServerContext::peer() throughout, and `method` a path, "/package.Service/Method".
// Immutable. Any thread.
class Authorization {
 public:
  // `peers` outlives the server whose calls are looked at.
  Authorization(const RelayedPeers* peers, Access access)
      : peers_(peers), access_(std::move(access)) {}

  // For the methods of GreeterAdminService, whose handlers ask this first of all: who calls, or
  // Access::Check()'s refusal. CANCELLED if the connection has ended.
  absl::StatusOr<Caller> Authorize(const std::string& peer, absl::string_view method) const;

  // For a call that lasts: whether its caller's certificate still counts, to be asked now and then,
  // by any thread, even after the call has ended. ClientStanding::Check()'s answers. Null without
  // a certificate.
  std::function<absl::Status()> Standing(const std::string& peer) const;

  // For all others, whose handlers are gRPC's: health, reflection, and what there isn't. As
  // Authorize() for the holder of a certificate; whoever else could connect may call them. OK for
  // GreeterAdminService's methods.
  absl::Status AuthorizeOthers(const std::string& peer, absl::string_view method) const;

 private:
  const RelayedPeers* const peers_;
  const Access access_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_AUTHORIZATION_H_
