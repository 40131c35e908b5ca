// What went wrong between us and etcd, in words for whoever can mend it: etcd's own or gRPC's, and
// what to do where those don't say it.
//
// Any thread.

#ifndef GREETER_ETCD_EXPLANATION_H_
#define GREETER_ETCD_EXPLANATION_H_

#include <string>

#include "absl/status/status.h"
#include "etcd/client.h"
#include "grpcpp/support/status.h"

namespace greeter::etcd {

// Whether etcd refused a call because it doesn't know who called.
bool WantsUser(const grpc::Status& status);

// `status`, an error with which etcd at `address` answered. The code is etcd's own; UNAUTHENTICATED
// where it asks for a user and there is none in `options`.
absl::Status Refusal(const grpc::Status& status, const std::string& address,
                     const Options& options);

// `status`, an error because of which nobody answered at `address`: "10.0.0.1:2379 (REASON)".
std::string Silence(const grpc::Status& status, const std::string& address, const Options& options);

}  // namespace greeter::etcd

#endif  // GREETER_ETCD_EXPLANATION_H_
