// Lets clients of a port without TLS in: by way of a Relay, so that gRPC hears no more of them than
// it can bear, and so that their calls tell who made them.
//
// gRPC says of a call's peer what getpeername(2) says of its socket, and that is nothing for a
// client of a unix socket, whose user the kernel knows all the same. So gRPC is not given the
// client's socket but one end of a socketpair, whose other end has a name of its own: that is the
// peer that gRPC reports, RelayedPeers knows who is behind it, and a Relay carries the bytes. It
// works with every gRPC client, and costs two more descriptors for each connection and some
// microseconds for each call. Nobody can borrow a name: what a client calls its own socket, gRPC
// doesn't see.

#ifndef GREETER_ADMIN_RELAYED_ENTRANCE_H_
#define GREETER_ADMIN_RELAYED_ENTRANCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "admin/acceptor.h"
#include "admin/log_pause.h"
#include "admin/peer_credentials.h"
#include "admin/relay.h"
#include "admin/relayed_peers.h"
#include "net/file_descriptor.h"

namespace greeter::admin {

// The acceptor's options for connections that are relayed, from those at one descriptor each: three
// are the client's socket and both ends of the socketpair.
Acceptor::Options ForRelayed(Acceptor::Options options);

class RelayedEntrance {
 public:
  struct Options {
    // The port's, for the log.
    std::string name = "admin";
    // Knows who is behind each connection; outlives this. Null: nobody asks.
    RelayedPeers* peers = nullptr;
  };
  // FAILED_PRECONDITION if there are no descriptors left to begin with.
  static absl::StatusOr<std::unique_ptr<RelayedEntrance>> Start(Options options);

  ~RelayedEntrance() = default;
  RelayedEntrance(const RelayedEntrance&) = delete;
  RelayedEntrance& operator=(const RelayedEntrance&) = delete;

  // The socket to hand to gRPC in place of `client`, which is connected and doesn't block; none if
  // that can't be, in which case `client` is closed, and the log says why, once a minute at most.
  // By one thread, the acceptor's; may block while a user's name is looked up.
  std::optional<net::FileDescriptor> Admit(net::FileDescriptor client);

  // Once gRPC has closed its sockets, and nobody is admitted any more: gives clients `timeout` to
  // receive what it said last, and closes the rest. Idempotent.
  void Stop(absl::Duration timeout) { relay_->Stop(timeout); }

 private:
  RelayedEntrance(Options options, std::unique_ptr<Relay> relay);
  absl::StatusOr<net::FileDescriptor> Join(net::FileDescriptor client);
  absl::StatusOr<RelayedPeer> Identify(int client);
  // Names `socket` as no socket was named before, and returns the name.
  absl::StatusOr<std::string> Name(int socket);

  // Constant after construction.
  const Options options_;
  // Nobody else can guess it, and take a name in advance.
  const std::string prefix_;
  const std::unique_ptr<Relay> relay_;

  // Owned by the admitting thread.
  UserNames names_;
  uint64_t last_ = 0;
  LogPause failures_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_RELAYED_ENTRANCE_H_
