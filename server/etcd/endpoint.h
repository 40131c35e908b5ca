// One address of etcd, and the connection to it.
//
// Any thread; owned by the client. Needs gRPC, which whoever calls the client does not.

#ifndef GREETER_ETCD_ENDPOINT_H_
#define GREETER_ETCD_ENDPOINT_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "etcd/rpc.grpc.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/support/status.h"
#include "tls/client_tls.h"

namespace greeter::etcd {

class Endpoint {
 public:
  // `address` is host:port. Connects at the first call; a connection that was lost is tried again
  // with a growing, jittered delay of at most 2 s, and one that is silent is given up within 10 s.
  Endpoint(std::string address, const std::optional<tls::ClientTls>& tls);

  const std::string& address() const { return address_; }
  etcdserverpb::KV::Stub& kv() { return *kv_; }
  etcdserverpb::Watch::Stub& watch() { return *watch_; }
  etcdserverpb::Lease::Stub& lease() { return *lease_; }
  etcdserverpb::Auth::Stub& auth() { return *auth_; }

  // Gives a connection that failed the chance to come back: gRPC looks at its sockets only while
  // somebody waits, and calls on such a connection fail without waiting. Takes 200 ms at most, and
  // no time if nothing has failed.
  void AwaitRecovery(absl::Time deadline);

 private:
  // Constant after construction.
  const std::string address_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<etcdserverpb::KV::Stub> kv_;
  const std::unique_ptr<etcdserverpb::Watch::Stub> watch_;
  const std::unique_ptr<etcdserverpb::Lease::Stub> lease_;
  const std::unique_ptr<etcdserverpb::Auth::Stub> auth_;
};

// Whether a call that ended so may have reached the server.
bool MayHaveBeenSent(const grpc::Status& status);

}  // namespace greeter::etcd

#endif  // GREETER_ETCD_ENDPOINT_H_
