// A TLS connection by hand, for what no proper client would say.
//
// One owner; every call that waits has a deadline.

#ifndef GREETER_TESTS_INTEGRATION_TLS_CONNECTION_H_
#define GREETER_TESTS_INTEGRATION_TLS_CONNECTION_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "net/address.h"
#include "net/file_descriptor.h"
#include "support/certificates.h"

namespace greeter::testing {

// A TCP connection from another address of this machine, invalid if it is refused.
net::FileDescriptor ConnectFrom(const std::string& source, const net::Address& to);

// The first words of a TLS client: a ClientHello (RFC 8446, 4.1.2) with its record's header.
std::string ClientHello();

class TlsConnection {
 public:
  // Over `socket`, as the holder of `client`; the server may be anyone. `newest` is one of
  // OpenSSL's TLS1_…_VERSION, 0 for what there is. Wants to resume `earlier`, if any (RFC
  // 8446, 2.2).
  TlsConnection(net::FileDescriptor socket, const KeyPair& client, int newest = 0,
                const TlsConnection* earlier = nullptr);
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  // "TLSv1.3"; "none" if the handshake failed.
  std::string version() const;
  bool resumed() const;
  // Waits for what the server says next, `size` bytes at most; with the first, tickets come. "" if
  // it says nothing.
  std::string Receive(size_t size = 1);
  // False if the handshake failed, or the server has closed.
  bool Send(absl::string_view bytes);
  // Says no more, and waits until the server has closed.
  void WaitForEnd();

 private:
  struct Session;

  net::FileDescriptor socket_;
  std::unique_ptr<Session> session_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_INTEGRATION_TLS_CONNECTION_H_
