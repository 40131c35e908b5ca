#include "admin_cli/client/endpoint.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "admin_cli/client/diagnosis.h"
#include "base/message_limit.h"
#include "google/rpc/status.pb.h"

namespace greeter::admin_cli {
namespace {

// How long a diagnosis may take: as long as the call, but no less and no more than these.
constexpr absl::Duration kMinDiagnosisTime = absl::Seconds(1);
constexpr absl::Duration kMaxDiagnosisTime = absl::Seconds(3);

constexpr int kReconnectMs = 500;
// gRPC pings at most once a second.
constexpr int kPingMs = 2000;
constexpr int kPingTimeoutMs = 2000;

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& server, const std::optional<Tls>& tls,
                                           bool pings) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(base::kMaxMessageBytes);
  // A watch that has lost its server is back as soon as that is.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMs);
  if (pings) {
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kPingMs);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs);
    // 0: as many as it takes.
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  }
  if (absl::StartsWith(server, "unix:")) {
    return grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments);
  }
  const std::string target = absl::StrCat("dns:///", server);
  if (!tls) return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  if (!tls->files.server_name.empty()) {
    arguments.SetSslTargetNameOverride(tls->files.server_name);
  }
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = tls->ca_pem;
  options.pem_cert_chain = tls->cert_pem;
  options.pem_private_key = tls->key_pem;
  return grpc::CreateCustomChannel(target, grpc::SslCredentials(options), arguments);
}

// The reason at the end of gRPC's chain of errors: "Connection refused".
std::string LastReason(const std::string& message) {
  const size_t colon = message.rfind(": ");
  return colon == std::string::npos ? message : message.substr(colon + 2);
}

// Whether gRPC, rather than the server, says that a call went wrong: the connection broke.
bool IsBrokenConnection(const std::string& message) {
  for (const char* begin : {"recvmsg:", "sendmsg:", "Socket closed", "Connection reset by peer",
                            "Broken pipe", "GOAWAY received"}) {
    if (absl::StartsWith(message, begin)) return true;
  }
  return false;
}

// What the server itself refused, with the details that FieldViolationsOf() reads.
absl::Status ServersOwn(const grpc::Status& status) {
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const auto& detail : details.details()) {
      result.SetPayload(detail.type_url(), absl::Cord(detail.value()));
    }
  }
  return result;
}

}  // namespace

Endpoint::Endpoint(std::string server, absl::Duration timeout, std::optional<Tls> tls,
                   ClientHabits habits)
    : server_(std::move(server)),
      timeout_(timeout),
      tls_(std::move(tls)),
      habits_(habits),
      channel_(OpenChannel(server_, tls_, habits_.pings)) {}

bool Endpoint::is_unix() const { return absl::StartsWith(server_, "unix:"); }

absl::Status Endpoint::Diagnosis() const {
  if (is_unix() || !habits_.explains) return absl::OkStatus();
  return Diagnose(server_, tls_ ? &*tls_ : nullptr,
                  absl::Now() + std::clamp(timeout_, kMinDiagnosisTime, kMaxDiagnosisTime));
}

absl::Status Endpoint::TimedOut() const {
  if (absl::Status status = Diagnosis(); !status.ok()) return status;
  return absl::DeadlineExceededError(
      absl::StrCat("no answer from ", server_, " within ", absl::FormatDuration(timeout_),
                   "; is that greeterd's admin address? (--timeout waits longer)"));
}

bool Endpoint::IsGivenUp(const grpc::Status& status) {
  return absl::StrContains(status.error_message(), "keepalive watchdog timeout");
}

absl::Status Endpoint::GivenUp() const {
  return absl::UnavailableError(absl::StrCat("no answer from greeterd at ", server_, " for ",
                                             (kPingMs + kPingTimeoutMs) / 1000,
                                             "s: it is stopped, or the way there cut"));
}

absl::Status Endpoint::NoSuchHost(const std::string& reason) const {
  return absl::UnavailableError(absl::StrCat("can't reach greeterd at ", server_,
                                             ": host not found (", reason,
                                             "); is its name right? (--server or GREETER_SERVER)"));
}

absl::Status Endpoint::UnixSocketRefused(const std::string& reason) const {
  if (reason == "Permission denied") {
    return absl::PermissionDeniedError(
        absl::StrCat("you may not connect to ", server_, " (", reason,
                     "); it is for the user and the group that own the file, and its directory"));
  }
  return absl::UnavailableError(
      absl::StrCat("can't reach greeterd at ", server_, " (", reason,
                   "); is it running, and is this its admin address? (--server or "
                   "GREETER_SERVER)"));
}

absl::Status Endpoint::Unreachable(const std::string& reason) const {
  if (is_unix()) return UnixSocketRefused(LastReason(reason));
  if (absl::StrContains(reason, "DNS resolution failed")) return NoSuchHost(LastReason(reason));
  // A web server that waits for a whole request says nothing to a handshake.
  if (absl::StrContains(reason, "http1.x server")) {
    return absl::UnavailableError(WebServer(server_));
  }
  if (absl::Status status = Diagnosis(); !status.ok()) return status;
  return absl::UnavailableError(
      absl::StrCat("can't reach greeterd at ", server_, " (", LastReason(reason),
                   "); is it starting or stopping, and is this its admin address? (--server or "
                   "GREETER_SERVER)"));
}

absl::Status Endpoint::ToStatus(const grpc::Status& status) const {
  const std::string& text = status.error_message();
  const grpc_connectivity_state state = channel_->GetState(/*try_to_connect=*/false);
  const bool connected = state == GRPC_CHANNEL_READY || state == GRPC_CHANNEL_IDLE;
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return absl::OkStatus();
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      // gRPC's words, unless the server answered in time that others did not.
      return absl::StartsWith(text, "Deadline Exceeded") ? TimedOut() : ServersOwn(status);
    case grpc::StatusCode::UNAVAILABLE:
      return connected && !IsBrokenConnection(text) ? ServersOwn(status) : Unreachable(text);
    case grpc::StatusCode::UNIMPLEMENTED:
      return absl::UnimplementedError(absl::StrCat(
          server_, " doesn't know this call; is it a greeterd, and as new as this greeterctl?"));
    case grpc::StatusCode::PERMISSION_DENIED:
      return absl::PermissionDeniedError(
          absl::StrCat("not permitted", text.empty() ? " by " + server_ : ": " + text));
    case grpc::StatusCode::UNAUTHENTICATED:
      return absl::UnauthenticatedError(absl::StrCat(
          server_, " does not know who you are",
          text.empty() ? "; give your certificate with --cert and --key" : ": " + text));
    default:
      return ServersOwn(status);
  }
}

}  // namespace greeter::admin_cli
