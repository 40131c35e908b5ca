#include "etcd/endpoint.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

namespace greeter::etcd {
namespace {

constexpr absl::Duration kRecovery = absl::Milliseconds(200);

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  // etcd ends connections that are pinged more often than every 5 s.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 6000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 3000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 2000);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(-1);
  return arguments;
}

std::shared_ptr<grpc::ChannelCredentials> Credentials(const std::optional<tls::ClientTls>& tls) {
  if (!tls.has_value()) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({tls->ca_pem, tls->key_pem, tls->cert_pem});
}

}  // namespace

Endpoint::Endpoint(std::string address, const std::optional<tls::ClientTls>& tls)
    : address_(std::move(address)),
      channel_(grpc::CreateCustomChannel(absl::StrCat("dns:///", address_), Credentials(tls),
                                         Arguments())),
      kv_(etcdserverpb::KV::NewStub(channel_)),
      watch_(etcdserverpb::Watch::NewStub(channel_)),
      lease_(etcdserverpb::Lease::NewStub(channel_)),
      auth_(etcdserverpb::Auth::NewStub(channel_)) {}

void Endpoint::AwaitRecovery(absl::Time deadline) {
  constexpr grpc_connectivity_state kFailed = GRPC_CHANNEL_TRANSIENT_FAILURE;
  if (channel_->GetState(/*try_to_connect=*/true) != kFailed) return;
  const absl::Time until = std::min(deadline, absl::Now() + kRecovery);
  channel_->WaitForStateChange(kFailed, absl::ToChronoTime(until));
}

bool MayHaveBeenSent(const grpc::Status& status) {
  // gRPC gives both one code; what it says of a call for which it had no connection, it says of no
  // other.
  return status.error_code() != grpc::StatusCode::UNAVAILABLE ||
         !(absl::StartsWith(status.error_message(), "failed to connect to all addresses") ||
           absl::StartsWith(status.error_message(), "DNS resolution failed"));
}

}  // namespace greeter::etcd
