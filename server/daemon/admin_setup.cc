#include "daemon/admin_setup.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "net/address.h"

namespace greeter::daemon {
namespace {

// Of operators' connections, one part in so many is the health port's, and as many are the most
// that one address may have of the rest.
constexpr size_t kHealthPart = 4;
constexpr size_t kPeerPart = 4;
// The least descriptors for one address, at three for each connection: of a console with a few
// windows, eight connections; and on the health port of three probes.
constexpr size_t kLeastPerPeer = 24;
constexpr size_t kLeastProbes = 9;

}  // namespace

admin::AdminServer::Options AdminServerOptions(const AdminOptions& options,
                                               const DescriptorBudget& budget,
                                               const AuditLog& audit,
                                               std::vector<std::string>* warnings) {
  admin::AdminServer::Options server;
  auto connections = static_cast<size_t>(budget.admin_connections);
  if (!options.health.empty()) {
    server.health = options.health;
    server.health_entrance.max_descriptors = std::max<size_t>(connections / kHealthPart, 1);
    connections = std::max(connections - server.health_entrance.max_descriptors, size_t{1});
    if (const auto health = net::Address::Parse(options.health);
        health.ok() && !health->is_loopback()) {
      server.health_entrance.max_per_peer =
          std::max(server.health_entrance.max_descriptors / kPeerPart, kLeastProbes);
    }
  }
  server.entrance.max_descriptors = connections;
  const absl::StatusOr<net::Address> address = net::Address::Parse(options.address);
  const bool reachable = address.ok() && !address->is_loopback();
  // In plaintext on loopback, and on a unix socket, all clients are one address.
  if (reachable || options.has_tls()) {
    server.entrance.max_per_peer = std::max(connections / kPeerPart, kLeastPerPeer);
  }
  if (options.has_tls()) {
    server.certificates = {options.certificate, options.key, options.client_ca};
  } else if (reachable) {
    server.insecure = true;
    warnings->push_back(
        absl::StrCat("--admin-insecure: whoever can reach ", options.address,
                     " may change everything, and nobody can tell who it was; use mutual TLS "
                     "(--admin-cert, --admin-key and --admin-client-ca)"));
  }
  server.access.operators = options.operators;
  server.access.viewers = options.viewers;
  server.access.audit = audit;
  server.refused_handshakes.audit = audit;
  server.socket_group = options.socket_group;
  return server;
}

}  // namespace greeter::daemon
