// gRPC's end of the admin port's mutual TLS (1.2 and newer).
//
// Why it is made of gRPC's C interface: what gRPC's C++ one has for certificates that change reads
// files by itself, and a key that doesn't fit its certificate for a moment makes handshakes fail.
// The C interface asks for certificates at each handshake, and is given those in force.

#ifndef GREETER_ADMIN_TLS_CREDENTIALS_H_
#define GREETER_ADMIN_TLS_CREDENTIALS_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "admin/certificate_watch.h"
#include "admin/client_certificate.h"
#include "grpcpp/security/server_credentials.h"

namespace greeter::admin {

// Decides on a call by its client's certificate and its path, "/package.Service/Method", before
// gRPC reads a byte of its request. On any of gRPC's threads.
using CallFilter = std::function<absl::Status(CertificateReader client, absl::string_view path)>;

// Credentials that demand a certificate of a client CA, and let `filter` decide on each call, for
// one server. `filter` may be called for a little longer than that server lives.
std::shared_ptr<grpc::ServerCredentials> MutualTls(
    std::shared_ptr<const CertificateWatch> certificates, CallFilter filter);

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_TLS_CREDENTIALS_H_
