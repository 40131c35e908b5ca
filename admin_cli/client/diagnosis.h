// Why a call did not reach a server: what gRPC's errors leave open, found out by knocking once
// more. Nothing but a TLS handshake is sent. Any thread.

#ifndef GREETER_ADMIN_CLI_CLIENT_DIAGNOSIS_H_
#define GREETER_ADMIN_CLI_CLIENT_DIAGNOSIS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "admin_cli/client/handshake.h"
#include "admin_cli/client/tls.h"

namespace greeter::admin_cli {

// What stands between us and `server` (host:port or [v6]:port; without TLS if `tls` is null), in
// one line that says what to do: UNAVAILABLE; UNAUTHENTICATED if the server does not let our
// certificate in. OK if nothing does, any more or that can be seen by `deadline`. Blocks until then
// at most.
absl::Status Diagnose(const std::string& server, const Tls* tls, absl::Time deadline);

// What a handshake with `server`, of which the name `server_name` was expected, means. OK if
// nothing is wrong with it. `now` is for the dates of certificates.
absl::Status Explain(const Handshake& handshake, const std::string& server, const Tls* tls,
                     const std::string& server_name, absl::Time now);

// What to say of a `server` that speaks HTTP/1.
std::string WebServer(const std::string& server);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_CLIENT_DIAGNOSIS_H_
