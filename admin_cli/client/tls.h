// What greeterctl brings to a server that speaks TLS: the CA that it trusts, and the certificate
// that says who is calling. A value, read once and checked before anything is sent.

#ifndef GREETER_ADMIN_CLI_CLIENT_TLS_H_
#define GREETER_ADMIN_CLI_CLIENT_TLS_H_

#include <string>

#include "absl/status/statusor.h"

namespace greeter::admin_cli {

// Paths of PEM files, as --ca, --cert and --key name them.
struct TlsFiles {
  // The CA of the server's certificate. Empty: no TLS, and the rest is empty as well.
  std::string ca;
  // The client's certificate, with those that lead to its CA, and its key. Both or neither.
  std::string cert;
  std::string key;
  // The name that the server's certificate must have; empty: the host of its address.
  std::string server_name;
};

struct Tls {
  // For messages.
  TlsFiles files;
  // The files' contents; the last two are empty without a client certificate. Secret: never shown.
  std::string ca_pem;
  std::string cert_pem;
  std::string key_pem;
};

// Reads and checks the files: each holds what its option says, and the key is the certificate's.
// FAILED_PRECONDITION with the file, the reason and what to do; nothing of a file's content is in
// it. Whether a certificate has expired is for the server to say. Any thread.
absl::StatusOr<Tls> ReadTls(const TlsFiles& files);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_CLIENT_TLS_H_
