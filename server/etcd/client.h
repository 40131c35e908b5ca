// A client of etcd v3, over etcd's own gRPC API: the few calls that a fleet needs.
//
// Calls block until they are answered, at most Options::call_timeout. Each goes first to the
// endpoint that answered last, and then to the others in turn, so that it fails only if none of
// them answers. That is why a call may be carried out more than once: whoever writes guards the
// write with what it compares.
//
// Any thread. Owned by main, and outlives those who call.
//
// Errors, of every method:
// - UNAVAILABLE: no endpoint could be asked, so nothing was done. The message names each endpoint
//   that was tried, and its reason.
// - DEADLINE_EXCEEDED: as UNAVAILABLE, but a request was sent whose answer never came: it is not
//   known whether it was carried out, or will yet be.
// - PERMISSION_DENIED, UNAUTHENTICATED: etcd refuses the user, or asks for one and there is none,
//   or the password file can't be read.
// - CANCELLED: Stop() was called; as for what was sent, as DEADLINE_EXCEEDED.
// - Those that etcd answers with, among them RESOURCE_EXHAUSTED (its disk quota, too many requests)
//   and INVALID_ARGUMENT (a request that is too large).

#ifndef GREETER_ETCD_CLIENT_H_
#define GREETER_ETCD_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "etcd/rpc.pb.h"
#include "tls/client_tls.h"

namespace grpc {
class ClientContext;
class Status;
}  // namespace grpc

namespace greeter::etcd {

class Endpoint;

struct Options {
  // host:port, at least one; IPv6 addresses in brackets.
  std::vector<std::string> endpoints;
  // Unset: plaintext.
  std::optional<tls::ClientTls> tls = std::nullopt;
  // Empty: etcd asks for no user. The file is read whenever etcd asks; a line's end at its end is
  // not part of the password.
  std::string user = {};
  std::string password_file = {};
  // For a call, over all endpoints together.
  absl::Duration call_timeout = absl::Seconds(5);
};

// A lease, alive for `ttl` after it was granted or kept alive.
struct Lease {
  int64_t id = 0;
  absl::Duration ttl;
};

class Client {
 public:
  // Connects when it is first needed, and again whenever a connection is lost or silent.
  explicit Client(Options options);
  ~Client();

  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  absl::StatusOr<etcdserverpb::RangeResponse> Range(const etcdserverpb::RangeRequest& request);
  absl::StatusOr<etcdserverpb::TxnResponse> Txn(const etcdserverpb::TxnRequest& request);

  absl::StatusOr<Lease> LeaseGrant(absl::Duration ttl);
  // NOT_FOUND if there is no such lease any more.
  absl::Status LeaseKeepAlive(int64_t id);
  // OK, too, if there is no such lease any more.
  absl::Status LeaseRevoke(int64_t id);

  // Watches as `request` says and calls `seen` for what comes, on this thread, for `at_most`; then
  // returns OK. Earlier if the watch is lost: OUT_OF_RANGE if etcd no longer keeps the start
  // revision, UNAVAILABLE if the endpoint is gone, silent or without a leader. A watch is at one
  // endpoint; the next call of any kind goes to another. Silence is noticed within 10 s.
  absl::Status Watch(const etcdserverpb::WatchCreateRequest& request, absl::Duration at_most,
                     absl::FunctionRef<void(const etcdserverpb::WatchResponse&)> seen);

  // Ends all calls, and those to come, with CANCELLED.
  void Stop();

  // "10.0.0.1:2379, 10.0.0.2:2379".
  std::string endpoints() const;

 private:
  // One call to one endpoint: `context` has the deadline and the metadata.
  using Attempt = absl::FunctionRef<grpc::Status(Endpoint& endpoint, grpc::ClientContext& context)>;

  absl::Status Call(Attempt attempt);
  // At `endpoint` until `deadline`, with a token if there is a user; again if etcd knows it no
  // more.
  grpc::Status CallAt(Endpoint& endpoint, absl::Time deadline, Attempt attempt);
  // One attempt that Stop() can end.
  grpc::Status Run(Endpoint& endpoint, absl::Time deadline, const std::string& token,
                   Attempt attempt);
  // The token for calls of our user, from etcd if `stale` is the one that is known.
  grpc::Status Authenticate(Endpoint& endpoint, absl::Time deadline, const std::string& stale,
                            std::string* token);
  void MoveOnFrom(size_t index);

  // Constant after construction.
  const Options options_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  size_t current_ = 0;  // in endpoints_: the one to ask first
  std::string token_;   // empty: none yet
  bool stopped_ = false;
  std::set<grpc::ClientContext*> running_;
};

}  // namespace greeter::etcd

#endif  // GREETER_ETCD_CLIENT_H_
