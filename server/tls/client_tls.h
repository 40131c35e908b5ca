// What a client brings to a server that speaks TLS: the CA that it trusts, and the certificate that
// says who is calling. A value, read once and checked before anything is sent.

#ifndef GREETER_TLS_CLIENT_TLS_H_
#define GREETER_TLS_CLIENT_TLS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace greeter::tls {

// Paths of PEM files.
struct ClientFiles {
  // The CA of the server's certificate. Empty: no TLS, and the rest is empty as well.
  std::string ca;
  // The client's certificate, with those that lead to its CA, and its key. Both or neither.
  std::string cert;
  std::string key;
  // The name that the server's certificate must have; empty: the host of its address.
  std::string server_name;
};

struct ClientTls {
  // For messages.
  ClientFiles files;
  // The files' contents; the last two are empty without a client certificate. Secret: never shown.
  std::string ca_pem;
  std::string cert_pem;
  std::string key_pem;
};

// Reads and checks the files: each holds what it should, and the key is the certificate's. `prefix`
// is that of the options that name them: "--" for --ca, --cert and --key. FAILED_PRECONDITION
// with the option, the file, the reason and what to do; nothing of a file's content is in it.
// Whether a certificate has expired is for the server to say. Any thread.
absl::StatusOr<ClientTls> ReadClientTls(const ClientFiles& files, absl::string_view prefix);

}  // namespace greeter::tls

#endif  // GREETER_TLS_CLIENT_TLS_H_
