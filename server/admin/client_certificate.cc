#include "admin/client_certificate.h"

#include "grpc/grpc_security.h"
#include "grpc/grpc_security_constants.h"

namespace greeter::admin {
namespace {

// `values_of` gives the values of a property of gRPC's that are not empty.
template <typename ValuesOf>
ClientCertificate Read(const ValuesOf& values_of) {
  const auto first_of = [&](const char* property) {
    const std::vector<std::string> values = values_of(property);
    return values.empty() ? std::string() : values.front();
  };
  ClientCertificate certificate;
  certificate.uris = values_of(GRPC_PEER_URI_PROPERTY_NAME);
  certificate.names = values_of(GRPC_PEER_DNS_PROPERTY_NAME);
  if (certificate.uris.empty() && certificate.names.empty()) {
    certificate.names = values_of(GRPC_X509_CN_PROPERTY_NAME);
  }
  certificate.pem = first_of(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  certificate.chain = first_of(GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME);
  return certificate;
}

}  // namespace

ClientCertificate ReadClientCertificate(const grpc::AuthContext& client) {
  return Read([&client](const char* property) {
    std::vector<std::string> values;
    for (const grpc::string_ref& value : client.FindPropertyValues(property)) {
      if (!value.empty()) values.emplace_back(value.data(), value.size());
    }
    return values;
  });
}

ClientCertificate ReadClientCertificate(const grpc_auth_context* client) {
  return Read([client](const char* property) {
    std::vector<std::string> values;
    auto found = grpc_auth_context_find_properties_by_name(client, property);
    while (const grpc_auth_property* const value = grpc_auth_property_iterator_next(&found)) {
      if (value->value_length > 0) values.emplace_back(value->value, value->value_length);
    }
    return values;
  });
}

}  // namespace greeter::admin
