// Tells of TLS handshakes that fail at a server which doesn't tell: gRPC's. It makes its
// connections (OpenSSL's SSL) out of everyone's sight and has no word of a failure but a line in
// its log, without the client's address. But a connection is made on the thread that hands over a
// socket, and OpenSSL tells whoever asks about each SSL in the process.

#ifndef GREETER_TLS_WATCHED_HANDSHAKES_H_
#define GREETER_TLS_WATCHED_HANDSHAKES_H_

#include <functional>
#include <string>

namespace greeter::tls {

// Why a handshake failed, for a person: "it showed no certificate". What the client has chosen to
// say is not in it.
using HandshakeFailed = std::function<void(const std::string& reason)>;

// As long as it lives, connections that this thread makes as a server
// - call `failed` should their handshake fail, once, on the thread that shakes hands, any time
// later;
// - can't be resumed (no tickets, no session IDs): a resumed one would be believed what its
//   certificate was at first.
// A client that just goes away, or says nothing, is no failure. One at a time for each thread.
class WatchedHandshakes {
 public:
  explicit WatchedHandshakes(HandshakeFailed failed);
  ~WatchedHandshakes();
  WatchedHandshakes(const WatchedHandshakes&) = delete;
  WatchedHandshakes& operator=(const WatchedHandshakes&) = delete;

 private:
  const HandshakeFailed failed_;
};

}  // namespace greeter::tls

#endif  // GREETER_TLS_WATCHED_HANDSHAKES_H_
