#include "admin/server_limits.h"

#include "grpc/impl/codegen/grpc_types.h"
#include "grpcpp/resource_quota.h"

namespace greeter::admin {
namespace {

constexpr int kMaxStreamsPerConnection = 100;
// Of a call's metadata, headers included: none of ours has a kilobyte.
constexpr int kMaxMetadataBytes = 8 * 1024;
// A connection that has not said a word of HTTP/2 by then, TLS included, is closed.
constexpr int kHandshakeTimeoutMs = 10'000;
// So is one without a call for this long: it takes a place that another operator may want. Clients
// connect again by themselves.
constexpr int kIdleTimeoutMs = 300'000;
// What is read from a connection at once: a flood of small frames is noticed once per read, and
// each costs ten times its size until then.
constexpr int kMaxReadBytes = 32 * 1024;
// A client that is gone without a word, as behind a firewall that forgets, is noticed by these.
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;

}  // namespace

void SetLimits(grpc::ServerBuilder& builder, const ServerLimits& limits) {
  builder.SetMaxReceiveMessageSize(limits.max_request_bytes);
  builder.SetResourceQuota(grpc::ResourceQuota(limits.name).Resize(limits.memory_quota_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleTimeoutMs);
  // Pings more frequent than gRPC's default limits allow are answered by closing the connection
  // (ENHANCE_YOUR_CALM): those limits are left as they are.
  builder.AddChannelArgument(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, kMaxReadBytes);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  // Reflection and health, alone among the services, may use gRPC's own threads: as few as may be.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
}

}  // namespace greeter::admin
