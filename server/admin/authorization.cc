#include "admin/authorization.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "admin/client_standing.h"

namespace greeter::admin {
namespace {

constexpr char kAdminService[] = "/greeter.admin.v1.GreeterAdminService/";

}  // namespace

std::string ReadablePeer(const std::string& peer) {
  absl::string_view rest = peer;
  if (!absl::ConsumePrefix(&rest, "ipv4:")) absl::ConsumePrefix(&rest, "ipv6:");
  // gRPC gives a URI, in which brackets and the scope's "%" are escaped.
  return absl::StrReplaceAll(rest, {{"%5B", "["}, {"%5D", "]"}, {"%25", "%"}});
}

Authorization::Authorization(Transport transport, const RelayedPeers* peers, Access access,
                             std::shared_ptr<ClientStanding> standing)
    : transport_(transport),
      peers_(peers),
      access_(std::move(access)),
      standing_(std::move(standing)) {}

absl::StatusOr<Caller> Authorization::Identify(const grpc::CallbackServerContext& context) const {
  if (transport_ == Transport::kMutualTls) {
    return IdentifyHolder(ReadClientCertificate(*context.auth_context()),
                          ReadablePeer(context.peer()));
  }
  std::optional<RelayedPeer> peer = peers_->Find(context.peer());
  if (!peer.has_value()) return absl::CancelledError("the connection has ended");
  if (transport_ == Transport::kPlaintext) return Anyone(std::move(peer->address));
  PeerCredentials& user = peer->user;
  return UnixUser(user.uid, std::move(user.user), std::move(user.groups), std::move(peer->address));
}

Caller Authorization::IdentifyHolder(ClientCertificate client, std::string peer) const {
  const absl::Status standing = standing_->Check(client);
  if (standing.ok()) return CertificateHolder(std::move(client), std::move(peer));
  return FormerCertificateHolder(std::move(client), std::move(peer), standing.message());
}

std::function<absl::Status()> Authorization::Standing(
    const grpc::CallbackServerContext& context) const {
  if (transport_ != Transport::kMutualTls) return nullptr;
  return [standing = standing_, client = ReadClientCertificate(*context.auth_context())] {
    return standing->Check(client);
  };
}

absl::StatusOr<Caller> Authorization::Authorize(const grpc::CallbackServerContext& context,
                                                absl::string_view method) const {
  absl::StatusOr<Caller> caller = Identify(context);
  if (!caller.ok()) return caller;
  const absl::Status allowed = access_.Check(*caller, method);
  if (!allowed.ok()) return allowed;
  return caller;
}

absl::Status Authorization::AuthorizeOthers(CertificateReader client,
                                            absl::string_view method) const {
  if (absl::StartsWith(method, kAdminService) && RequiredRole(method).has_value()) {
    return absl::OkStatus();
  }
  return access_.Check(IdentifyHolder(client(), ""), method);
}

}  // namespace greeter::admin
