// Lets clients of one port in: by way of a Relay, so that gRPC hears no more of them than it can
// bear, and so that their calls tell who made them.
//
// gRPC says of a call's peer what getpeername(2) says of its socket, and that is nothing for a
// client of a unix socket, whose user the kernel knows all the same. So gRPC is not given the
// client's socket but one end of a socketpair, whose other end has a name of its own: that is the
// peer that gRPC reports, RelayedPeers knows who is behind it, and a Relay carries the bytes. It
// works with every gRPC client, and costs two more descriptors for each connection and some
// microseconds for each call. Nobody can borrow a name: what a client calls its own socket, gRPC
// doesn't see.
//
// With mutual TLS, clients shake hands first (TlsHandshakes), and the relay encrypts and decrypts:
// gRPC never sees any of it, nor hears of who doesn't get that far. The daemon's own connection,
// which has no certificate, is let in as it is, and is nobody: it may call nothing.

#ifndef GREETER_ADMIN_RELAYED_ENTRANCE_H_
#define GREETER_ADMIN_RELAYED_ENTRANCE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "admin/acceptor.h"
#include "admin/certificate_watch.h"
#include "admin/connection_census.h"
#include "admin/log_pause.h"
#include "admin/peer_credentials.h"
#include "admin/refused_handshakes.h"
#include "admin/relay.h"
#include "admin/relay_socket.h"
#include "admin/relayed_peers.h"
#include "admin/tls_handshakes.h"
#include "grpcpp/server_builder.h"
#include "net/accept.h"
#include "net/file_descriptor.h"

namespace greeter::admin {

// One owner, whose calls come from one thread at a time.
class RelayedEntrance {
 public:
  struct Options {
    // The port's, for the log.
    std::string name = "admin";
    // Descriptors of connections that are open at the same time, at three each: the client's socket
    // and both ends of the socketpair.
    size_t max_descriptors = 512;
    // Of them, of those of one peer (see ConnectionCensus::FullFor()); 0: no bound of their own.
    size_t max_per_peer = 0;
    // As Relay::Options.
    size_t most_unfinished = kMostUnfinished;
    // As Acceptor::Options.
    std::function<bool(int socket)> is_own = [](int) { return false; };
    net::AcceptCall accept = accept4;
    // Knows who is behind each connection; outlives this. Null: nobody asks.
    RelayedPeers* peers = nullptr;
    // Set: mutual TLS with these, and `refused` hears of clients that don't get past the handshake.
    std::shared_ptr<const CertificateWatch> certificates = nullptr;
    std::shared_ptr<RefusedHandshakes> refused = nullptr;
  };
  using Grpc = std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor>;

  // Lets clients of `listener`, a listening socket that doesn't block and outlives this, in to the
  // server of `grpc`. FAILED_PRECONDITION if there are no descriptors left to begin with.
  static absl::StatusOr<std::unique_ptr<RelayedEntrance>> Start(int listener, Grpc grpc,
                                                                Options options);

  // As Close() and Stop(absl::ZeroDuration()).
  ~RelayedEntrance();
  RelayedEntrance(const RelayedEntrance&) = delete;
  RelayedEntrance& operator=(const RelayedEntrance&) = delete;

  // Nobody is let in any more, and who hasn't shaken hands is dropped. To be called before the
  // server shuts down: gRPC leaks a descriptor that it is handed while it doesn't serve.
  // Idempotent.
  void Close();

  // Once the server has shut down: gives clients `timeout` to receive what it said last, and closes
  // the rest. Idempotent.
  void Stop(absl::Duration timeout) { relay_->Stop(timeout); }

 private:
  RelayedEntrance(int listener, Grpc grpc, Options options, std::unique_ptr<Relay> relay);
  // On the acceptor's thread; may block while a user's name is looked up.
  void OnAccepted(net::FileDescriptor client, bool own);
  // On the thread of the handshakes.
  void OnShaken(RelaySocket client, std::string address);

  // On the thread that lets in: that of the handshakes if there are any, else the acceptor's.
  // Lets `client` in, or closes it, and the log says why, once a minute at most. `peer`: who it is;
  // none: nobody.
  void LetIn(RelaySocket client, std::optional<RelayedPeer> peer);
  absl::Status Join(RelaySocket client, std::optional<RelayedPeer> peer);
  // Names `socket` as no socket was named before, and returns the name.
  absl::StatusOr<std::string> Name(int socket);
  void Complain(const absl::Status& status);

  // Constant after construction.
  const int listener_;
  const Grpc grpc_;
  const Options options_;
  // Nobody else can guess it, and take a name in advance.
  const std::string prefix_;
  const std::unique_ptr<Relay> relay_;
  ConnectionCensus census_;

  // Owned by the acceptor's thread.
  UserNames names_;

  // Owned by the thread that lets in.
  uint64_t last_ = 0;
  LogPause failures_;

  // Constant while anybody is let in, in the order in which they need one another.
  std::unique_ptr<TlsHandshakes> handshakes_;
  std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_RELAYED_ENTRANCE_H_
