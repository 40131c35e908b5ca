// Whether a client's certificate would be let in now.
//
// It is looked at when a connection begins, and a connection may last for longer than the
// certificate is valid, or its CA is one whose clients are let in. So it is looked at again for
// each call, and while a WatchStatus stream runs. Streams of health and reflection, which are
// gRPC's own, are looked at when they begin: they may outlive the certificate, until their client
// ends them, and tell no more than whether greeterd serves and what its API is.

#ifndef GREETER_ADMIN_CLIENT_STANDING_H_
#define GREETER_ADMIN_CLIENT_STANDING_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "admin/certificate_watch.h"
#include "admin/client_certificate.h"
#include "tls/openssl.h"

namespace greeter::admin {

// Any thread.
class ClientStanding {
 public:
  explicit ClientStanding(std::shared_ptr<const CertificateWatch> certificates);

  // OK if `client` leads to a client CA in force and nothing on the way there has expired; else
  // UNAUTHENTICATED, which says why, and what to do. What was found good is remembered until it
  // expires or the CAs change.
  absl::Status Check(const ClientCertificate& client);

 private:
  // What OpenSSL makes of the client CAs in force.
  using Cas = std::shared_ptr<X509_STORE>;

  // Until when `client` is good, or why it isn't. Without the lock: it may take a millisecond.
  static absl::StatusOr<absl::Time> Verify(const Cas& cas, const ClientCertificate& client);
  void TakeCurrentCas();

  // Constant after construction.
  const std::shared_ptr<const CertificateWatch> certificates_;

  // Guarded by mutex_.
  std::mutex mutex_;
  std::shared_ptr<const Certificates> current_;
  Cas cas_;
  // By what clients have shown: until when it is good.
  std::map<std::string, absl::Time> good_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_CLIENT_STANDING_H_
