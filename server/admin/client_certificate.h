// Who a certificate says its holder is.

#ifndef GREETER_ADMIN_CERTIFICATE_NAMES_H_
#define GREETER_ADMIN_CERTIFICATE_NAMES_H_

#include <string>
#include <vector>

#include "grpcpp/security/auth_context.h"

struct grpc_auth_context;

namespace greeter::admin {

// The names of the client's certificate, as they are in it: URI SANs, then DNS SANs, then the
// subject's CN. Empty without one. Any thread.
std::vector<std::string> CertificateNames(const grpc::AuthContext& client);
std::vector<std::string> CertificateNames(const grpc_auth_context* client);

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_CERTIFICATE_NAMES_H_
