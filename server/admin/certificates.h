// The admin port's certificates as they are on disk: read and checked whole, before anything uses
// them.

#ifndef GREETER_ADMIN_CERTIFICATES_H_
#define GREETER_ADMIN_CERTIFICATES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tls/secret.h"
#include "tls/server_context.h"

namespace greeter::admin {

// Paths, all in PEM: the server's certificate with those that lead to its CA, its key, and the CAs
// (one or more) whose clients are let in.
struct CertificateFiles {
  std::string certificate;
  std::string key;
  std::string client_ca;
};

// The files' contents: never logged, and not kept.
struct CertificateTexts {
  std::string certificate;
  tls::Secret key;
  std::string client_ca;
};

// What tells `texts` from all others (SHA-256). Any thread.
std::string DigestOf(const CertificateTexts& texts);

// Contents that belong together and can be served.
struct Certificates {
  // Of the texts.
  std::string digest;
  std::shared_ptr<const tls::ServerContext> context;
  // Of the server's certificate.
  absl::Time server_begins;
  absl::Time server_expires;
  // The earliest of the client CAs'.
  absl::Time client_ca_expires;
};

// INVALID_ARGUMENT if a file can't be read, is too large to be what it should be, or is empty; the
// message names the option, the path and the system's reason. Any thread.
absl::StatusOr<CertificateTexts> ReadCertificateFiles(const CertificateFiles& files);

// INVALID_ARGUMENT unless the certificates and the key can be read, the key is the certificate's
// and needs no passphrase, and there is a client CA; names the option and the path, and never says
// what is in a file. Certificates out of their time are no error here. Any thread.
absl::StatusOr<Certificates> CheckCertificates(const CertificateFiles& files,
                                               const CertificateTexts& texts);

// What an operator should know at `now`: what has expired, or will within 14 days, or is not yet
// valid. A line each. Any thread.
std::vector<std::string> ExpiryWarnings(const Certificates& certificates, absl::Time now);

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_CERTIFICATES_H_
