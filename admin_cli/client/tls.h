// What greeterctl brings to a server that speaks TLS (tls/client_tls.h), as --ca, --cert and --key
// name it.

#ifndef GREETER_ADMIN_CLI_CLIENT_TLS_H_
#define GREETER_ADMIN_CLI_CLIENT_TLS_H_

#include "absl/status/statusor.h"
#include "tls/client_tls.h"

namespace greeter::admin_cli {

using TlsFiles = tls::ClientFiles;
using Tls = tls::ClientTls;

// Errors as tls::ReadClientTls(). Any thread.
inline absl::StatusOr<Tls> ReadTls(const TlsFiles& files) {
  return tls::ReadClientTls(files, "--");
}

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_CLIENT_TLS_H_
