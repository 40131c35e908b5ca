// The bounds within which whoever connects may use gRPC: on messages, metadata, streams, memory
// and time.

#ifndef GREETER_ADMIN_SERVER_LIMITS_H_
#define GREETER_ADMIN_SERVER_LIMITS_H_

#include <cstddef>

#include "grpcpp/server_builder.h"

namespace greeter::admin {

struct ServerLimits {
  // For gRPC's log.
  const char* name = "";
  // The largest request.
  int max_request_bytes = 0;
  // For all connections together.
  size_t memory_quota_bytes = 0;
};

// Any thread.
void SetLimits(grpc::ServerBuilder& builder, const ServerLimits& limits);

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_SERVER_LIMITS_H_
