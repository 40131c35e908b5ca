// Whether a client's certificate would be let in now.
//
// It is looked at when a connection begins, and a connection may last for longer than the
// certificate is valid, or its CA is one whose clients are let in. So it is looked at again for
// each call, and while a WatchStatus stream runs. Streams of health and reflection, which are
// gRPC's own, are looked at when they begin: they may outlive the certificate, until their client
// ends them, and tell no more than whether greeterd serves and what its API is.

#ifndef GREETER_ADMIN_CLIENT_STANDING_H_
#define GREETER_ADMIN_CLIENT_STANDING_H_

#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "admin/certificate_watch.h"
#include "tls/openssl.h"

namespace greeter::admin {

// Of one connection. Any thread.
class ClientStanding {
 public:
  // `shown` are the client's certificate, and those that it has shown along with it.
  ClientStanding(std::shared_ptr<const CertificateWatch> certificates,
                 std::vector<tls::OpensslPtr<X509>> shown);

  // OK if the certificate leads to a client CA in force and nothing on the way there has expired;
  // else UNAUTHENTICATED, which says why, and what to do. What was found good is remembered until
  // it expires or the CAs change; to find it takes a fraction of a millisecond.
  absl::Status Check();

 private:
  // Sets good_until_.
  absl::Status Verify(const Certificates& certificates);

  // Constant after construction.
  const std::shared_ptr<const CertificateWatch> certificates_;
  const std::vector<tls::OpensslPtr<X509>> shown_;

  // Guarded by mutex_.
  std::mutex mutex_;
  std::shared_ptr<const Certificates> current_;
  // By current_.
  absl::Time good_until_ = absl::InfinitePast();
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_CLIENT_STANDING_H_
