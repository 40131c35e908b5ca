// A server's end of one TLS connection, over a socket that doesn't block.
//
// Nothing that the socket has given is kept back in here: each record is read as it is asked for.
// So whoever watches the socket (epoll, poll) knows when there is more to receive.

#ifndef GREETER_TLS_SERVER_SESSION_H_
#define GREETER_TLS_SERVER_SESSION_H_

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tls/openssl.h"
#include "tls/server_context.h"

namespace greeter::tls {

// One owner, one thread at a time.
class ServerSession {
 public:
  // `socket` is connected, doesn't block, and outlives this. RESOURCE_EXHAUSTED: there is no
  // memory.
  static absl::StatusOr<std::unique_ptr<ServerSession>> Begin(const ServerContext& context,
                                                              int socket);

  ~ServerSession() = default;
  ServerSession(const ServerSession&) = delete;
  ServerSession& operator=(const ServerSession&) = delete;

  enum class Handshake : uint8_t {
    kDone,
    // Until the socket is readable, writable.
    kReads,
    kWrites,
    // The client has gone away without a reason.
    kLeft,
    // By us or by the client, which has been told as far as TLS has words for it: refusal().
    kRefused,
  };
  // Goes on shaking hands. Some of it takes a millisecond of a processor.
  Handshake ShakeHands();
  // Why it was refused, for a person: "it showed no certificate". What the client has chosen to say
  // is not in it.
  const std::string& refusal() const { return refusal_; }

  // Of the client: its own certificate, and those that it has shown along with it. After kDone.
  std::vector<OpensslPtr<X509>> ClientChain() const;

  // After kDone. As recv(2) and send(2), but that `size` is kMostRecord at least to receive, and
  // that what could not be sent has to be sent next. A client may have something to say for TLS'
  // own sake, new keys for example: that is EAGAIN, and EPROTO when it doesn't end.
  static constexpr size_t kMostRecord = SSL3_RT_MAX_PLAIN_LENGTH;
  ssize_t Receive(char* buffer, size_t size);
  ssize_t Send(const char* data, size_t size);
  // Tells the client that nothing more will be sent, if there is room.
  void EndSending();

 private:
  ServerSession(OpensslPtr<SSL> connection, int socket);
  // By OpenSSL.
  static int Read(BIO* bio, char* buffer, int size);
  static int Write(BIO* bio, const char* data, int size);
  static long Control(BIO* bio, int command, long argument, void* pointer);
  static const BIO_METHOD* Methods();
  static void NoteMessage(int sent, int version, int type, const void* content, size_t size,
                          SSL* connection, void* self);

  std::string WhyRefused() const;

  const OpensslPtr<SSL> connection_;
  const int socket_;
  // Of what the client said first.
  std::array<char, 2> first_ = {};
  size_t received_ = 0;
  // For TLS' own sake, since the handshake.
  int messages_ = 0;
  std::string refusal_;
};

}  // namespace greeter::tls

#endif  // GREETER_TLS_SERVER_SESSION_H_
