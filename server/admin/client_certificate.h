// What a client of the admin port has shown when it connected, as gRPC keeps it.

#ifndef GREETER_ADMIN_CLIENT_CERTIFICATE_H_
#define GREETER_ADMIN_CLIENT_CERTIFICATE_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "grpcpp/security/auth_context.h"

struct grpc_auth_context;

namespace greeter::admin {

// A value; empty without a certificate. Text from outside, as it is in there.
struct ClientCertificate {
  // Its URI SANs.
  std::vector<std::string> uris = {};
  // Its DNS SANs; the subject's CN if it has neither these nor those, for only then does a CN name
  // anyone (RFC 6125, 6.4.4).
  std::vector<std::string> names = {};
  // Itself and those that lead to its CA, in PEM.
  std::string pem = {};
  std::string chain = {};
};

// Reads it where it is needed: not every call's is, and it has some kilobytes.
using CertificateReader = absl::FunctionRef<ClientCertificate()>;

// Any thread.
ClientCertificate ReadClientCertificate(const grpc::AuthContext& client);
ClientCertificate ReadClientCertificate(const grpc_auth_context* client);

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_CLIENT_CERTIFICATE_H_
