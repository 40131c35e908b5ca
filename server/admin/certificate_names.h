// What a certificate calls its holder.

#ifndef GREETER_ADMIN_CERTIFICATE_NAMES_H_
#define GREETER_ADMIN_CERTIFICATE_NAMES_H_

#include <string>
#include <vector>

#include "tls/openssl.h"

namespace greeter::admin {

// The names of a certificate. A value. Text from outside, as it is in there.
struct CertificateNames {
  // Its URI SANs.
  std::vector<std::string> uris = {};
  // Its DNS SANs; the subject's CN if it has neither these nor those, for only then does a CN name
  // anyone (RFC 6125, 6.4.4).
  std::vector<std::string> names = {};
};

// Any thread.
CertificateNames ReadNames(const X509* certificate);

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_CERTIFICATE_NAMES_H_
