#include "etcd/explanation.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "etcd/endpoint.h"

namespace greeter::etcd {
namespace {

// What to do about a refusal; empty if it says enough. The texts are those of etcd's
// api/v3rpc/rpctypes/error.go.
std::string AdviceOnRefusal(const grpc::Status& status, const Options& options) {
  if (status.error_code() == grpc::StatusCode::PERMISSION_DENIED) {
    return absl::StrCat(
        options.user.empty() ? "the user whom --etcd-cert names" : "the user " + options.user,
        " needs a role that may read and write the fleet's keys: etcdctl role grant-permission "
        "ROLE --prefix=true readwrite /greeter/FLEET/");
  }
  if (absl::StrContains(status.error_message(), "database space exceeded")) {
    return "make room: etcdctl compact REVISION, etcdctl defrag, then etcdctl alarm disarm";
  }
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return "it does not know the call; is that an etcd, and its port for clients?";
  }
  return "";
}

// The same of a reason that nobody answered.
std::string AdviceOnSilence(const grpc::Status& status, const Options& options) {
  const std::string& reason = status.error_message();
  if (absl::StrContains(reason, "http1.x server") ||
      absl::StrContains(reason, "Failed parsing HTTP/2")) {
    return "is that an etcd, and its port for clients?";
  }
  // Hung up on our first words, and not in the middle of a call. With some of them unread, that is
  // a reset (RFC 1122, 4.2.2.13).
  if (!MayHaveBeenSent(status) && (absl::StrContains(reason, "Socket closed") ||
                                   absl::StrContains(reason, "Connection reset by peer"))) {
    return options.tls.has_value()
               ? "does etcd speak TLS there? Without --etcd-ca it is spoken to in plaintext"
               : "does etcd want TLS there? Then give --etcd-ca";
  }
  return "";
}

std::string Join(const std::string& reason, const std::string& advice) {
  return absl::StrCat(reason, reason.empty() || advice.empty() ? "" : "; ", advice);
}

}  // namespace

bool WantsUser(const grpc::Status& status) {
  return absl::StrContains(status.error_message(), "user name is empty");
}

absl::Status Refusal(const grpc::Status& status, const std::string& address,
                     const Options& options) {
  const std::string etcd = absl::StrCat("etcd (", address, ")");
  if (WantsUser(status) && options.user.empty()) {
    return absl::UnauthenticatedError(
        absl::StrCat(etcd, " asks for a user; give --etcd-user and --etcd-password-file"));
  }
  return {static_cast<absl::StatusCode>(status.error_code()),
          absl::StrCat(etcd, ": ", Join(status.error_message(), AdviceOnRefusal(status, options)))};
}

std::string Silence(const grpc::Status& status, const std::string& address,
                    const Options& options) {
  return absl::StrCat(address, " (", Join(status.error_message(), AdviceOnSilence(status, options)),
                      ")");
}

}  // namespace greeter::etcd
