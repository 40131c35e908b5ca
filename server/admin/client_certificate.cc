#include "admin/certificate_names.h"

#include <array>

#include "grpc/grpc_security.h"
#include "grpc/grpc_security_constants.h"

namespace greeter::admin {
namespace {

constexpr std::array kProperties = {GRPC_PEER_URI_PROPERTY_NAME, GRPC_PEER_DNS_PROPERTY_NAME,
                                    GRPC_X509_CN_PROPERTY_NAME};

}  // namespace

std::vector<std::string> CertificateNames(const grpc::AuthContext& client) {
  std::vector<std::string> names;
  for (const char* const property : kProperties) {
    for (const grpc::string_ref& value : client.FindPropertyValues(property)) {
      if (!value.empty()) names.emplace_back(value.data(), value.size());
    }
  }
  return names;
}

std::vector<std::string> CertificateNames(const grpc_auth_context* client) {
  std::vector<std::string> names;
  for (const char* const property : kProperties) {
    auto values = grpc_auth_context_find_properties_by_name(client, property);
    while (const grpc_auth_property* const value = grpc_auth_property_iterator_next(&values)) {
      if (value->value_length > 0) names.emplace_back(value->value, value->value_length);
    }
  }
  return names;
}

}  // namespace greeter::admin
