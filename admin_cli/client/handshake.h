// A TLS handshake and nothing after it: what a server says of itself before any call is made. For a
// diagnosis. Any thread.

#ifndef GREETER_ADMIN_CLI_CLIENT_HANDSHAKE_H_
#define GREETER_ADMIN_CLI_CLIENT_HANDSHAKE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "admin_cli/client/tls.h"

namespace greeter::admin_cli {

// The server's certificate at which verification stopped: its own, or a CA's.
struct PeerCertificate {
  std::string subject;
  std::string issuer;
  // DNS names and IP addresses; empty if there are none.
  std::vector<std::string> names;
  absl::Time not_before;
  absl::Time not_after;
};

struct Handshake {
  enum class End {
    // The server has let us in, and has begun to speak.
    kAccepted,
    // The deadline passed.
    kSilent,
    // What it sent is not TLS; see `first_bytes`.
    kNotTls,
    // It speaks TLS; that was all we wanted to know.
    kTls,
    // We did not accept its certificate; see `verify_error` and `certificate`.
    kUntrusted,
    // It has ended the connection: with an alert, or (`alert` is -1) without.
    kEnded,
    // Neither: OpenSSL's reason is in `reason`.
    kFailed,
  };
  End end = End::kSilent;
  // What it sent first, before decryption: up to 64 bytes.
  std::string first_bytes;
  // An X509_V_ERR_….
  int verify_error = 0;
  PeerCertificate certificate;
  // It asked who we are, and accepts certificates issued by these (empty: it did not say).
  bool asked_for_certificate = false;
  std::vector<std::string> accepted_issuers;
  // We had agreed on TLS and on HTTP/2.
  bool established = false;
  bool http2 = false;
  // TLS's number of its alert, -1 without one.
  int alert = -1;
  std::string reason;
};

// Shakes hands on a connected, non-blocking socket, verifying the server as gRPC does: its
// certificate's CA, dates and name, `server_name`, which may be an IP address. Without `tls` it
// only begins, to see whether the server speaks TLS. Blocks until `deadline`.
Handshake ShakeHands(int fd, const Tls* tls, const std::string& server_name, absl::Time deadline);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_CLIENT_HANDSHAKE_H_
