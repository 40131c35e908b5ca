#include "admin/server_limits.h"

#include "grpc/impl/codegen/grpc_types.h"
#include "grpcpp/resource_quota.h"

namespace greeter::admin {
namespace {

// gRPC holds clients to it once they have acknowledged it; see StreamGuard for what is before.
constexpr int kMaxStreamsPerConnection = 100;
// A reflection stream keeps one for as long as it likes; beyond these, RESOURCE_EXHAUSTED.
constexpr int kMaxThreads = 16;
// Of a call's metadata, headers included: none of ours has a kilobyte.
constexpr int kMaxMetadataBytes = 8 * 1024;
// A connection that has not said a word of HTTP/2 by then, TLS included, is closed.
constexpr int kHandshakeTimeoutMs = 10'000;
// So is one without a call for this long: it takes a place that another operator may want. Clients
// connect again by themselves.
constexpr int kIdleTimeoutMs = 300'000;
// 0: never close a connection for its pings. To do so, gRPC 1.51 spends 7 KiB of memory on each of
// up to 10,000 pings of a client that doesn't read (75 MiB were seen); to answer them, some bytes,
// and it doesn't read on while 10,000 answers wait.
constexpr int kMaxPingStrikes = 0;
// A client that is gone without a word, as behind a firewall that forgets, is noticed by these.
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;

}  // namespace

void SetLimits(grpc::ServerBuilder& builder, const ServerLimits& limits) {
  builder.SetMaxReceiveMessageSize(limits.max_request_bytes);
  builder.SetResourceQuota(grpc::ResourceQuota(limits.name)
                               .Resize(limits.memory_quota_bytes)
                               .SetMaxThreads(kMaxThreads));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, kMaxPingStrikes);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  // Reflection and health, alone among the services, may use gRPC's own threads: as few as may be.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
}

}  // namespace greeter::admin
