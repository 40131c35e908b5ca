// What certificate and key files hold, in PEM (RFC 7468). Any thread.
//
// Errors are INVALID_ARGUMENT, with the rest of a sentence that begins with the file's name: "holds
// no certificate in PEM; it holds a private key". Nothing of a key's content is ever in them.

#ifndef GREETER_TLS_PEM_H_
#define GREETER_TLS_PEM_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tls/openssl.h"

namespace greeter::tls {

// All certificates, in their order: one at least, and none of them damaged.
absl::StatusOr<std::vector<OpensslPtr<X509>>> ParseCertificates(absl::string_view bytes);

// The first private key, which needs no passphrase.
absl::StatusOr<OpensslPtr<EVP_PKEY>> ParsePrivateKey(absl::string_view bytes);

}  // namespace greeter::tls

#endif  // GREETER_TLS_PEM_H_
