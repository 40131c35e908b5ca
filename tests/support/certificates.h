// Certificates of every kind that a test needs, good and bad, made in memory. Any thread.

#ifndef GREETER_TESTS_SUPPORT_CERTIFICATES_H_
#define GREETER_TESTS_SUPPORT_CERTIFICATES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace greeter::testing {

// Both in PEM.
struct KeyPair {
  std::string cert;
  std::string key;
};

// Whom a certificate is for, and when it is valid.
struct Subject {
  // Empty: none.
  std::string common_name = {};
  // As in openssl's subjectAltName: "DNS:localhost", "IP:127.0.0.1", "URI:spiffe://a/b".
  std::vector<std::string> names = {};
  absl::Time not_before = absl::Now() - absl::Hours(1);
  // So far away that nobody warns of it.
  absl::Time not_after = absl::Now() + absl::Hours(24 * 365);
};

class CertificateAuthority {
 public:
  // `name` is its common name; two of the same name are different all the same.
  explicit CertificateAuthority(const std::string& name,
                                absl::Time not_after = Subject().not_after);
  // An intermediate one, of `issuer`.
  CertificateAuthority(const std::string& name, const CertificateAuthority& issuer);
  ~CertificateAuthority();

  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;

  std::string pem() const;
  // Signs a certificate for `subject`, with a key of its own, for servers and clients.
  KeyPair Issue(const Subject& subject) const;
  // For a server on 127.0.0.1.
  KeyPair IssueForServer() const {
    return Issue({.common_name = "greeterd", .names = {"DNS:localhost", "IP:127.0.0.1"}});
  }

 private:
  struct Keys;

  void SignAs(const CertificateAuthority& issuer);

  // Constant after construction.
  const std::unique_ptr<Keys> keys_;
};

// `key`, a private one in PEM, encrypted.
std::string WithPassphrase(const std::string& key);

}  // namespace greeter::testing

#endif  // GREETER_TESTS_SUPPORT_CERTIFICATES_H_
