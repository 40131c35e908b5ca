// gRPC's own log, which goes to stderr in a form of its own.

#ifndef GREETER_ADMIN_GRPC_LOG_H_
#define GREETER_ADMIN_GRPC_LOG_H_

namespace greeter::admin {

// Sends gRPC's log to ours, at debug level: at its level "error" it reports what clients do, a line
// for each connection that is reset. For the whole process; before gRPC is used.
void QuietGrpc();

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_GRPC_LOG_H_
