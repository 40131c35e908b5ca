#include "admin/authorization.h"

#include <memory>
#include <optional>

#include "absl/strings/match.h"

namespace greeter::admin {
namespace {

constexpr char kAdminService[] = "/greeter.admin.v1.GreeterAdminService/";

absl::Status Ended() { return absl::CancelledError("the connection has ended"); }

Caller Now(RelayedPeer peer) {
  if (peer.standing == nullptr) return std::move(peer.caller);
  const absl::Status standing = peer.standing->Check();
  if (standing.ok()) return std::move(peer.caller);
  return FormerCertificateHolder(std::move(peer.caller), standing.message());
}

}  // namespace

absl::StatusOr<Caller> Authorization::Authorize(const std::string& peer,
                                                absl::string_view method) const {
  std::optional<RelayedPeer> known = peers_->Find(peer);
  if (!known.has_value()) return Ended();
  Caller caller = Now(*std::move(known));
  const absl::Status allowed = access_.Check(caller, method);
  if (!allowed.ok()) return allowed;
  return caller;
}

std::function<absl::Status()> Authorization::Standing(const std::string& peer) const {
  const std::optional<RelayedPeer> known = peers_->Find(peer);
  if (!known.has_value()) return Ended;
  if (known->standing == nullptr) return nullptr;
  return [standing = known->standing] { return standing->Check(); };
}

absl::Status Authorization::AuthorizeOthers(const std::string& peer,
                                            absl::string_view method) const {
  if (absl::StartsWith(method, kAdminService) && RequiredRole(method).has_value()) {
    return absl::OkStatus();
  }
  std::optional<RelayedPeer> known = peers_->Find(peer);
  if (!known.has_value()) return Ended();
  if (known->standing == nullptr) return absl::OkStatus();
  return access_.Check(Now(*std::move(known)), method);
}

}  // namespace greeter::admin
