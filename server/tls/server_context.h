// What a server brings to every TLS connection: its certificate and key, the CAs whose clients it
// lets in, and what it insists on. Mutual TLS, 1.2 at least, HTTP/2 inside.
//
// Sessions are never resumed (no tickets, no session IDs), as a resumed one would be believed what
// its certificate was at first; and nothing is renegotiated.

#ifndef GREETER_TLS_SERVER_CONTEXT_H_
#define GREETER_TLS_SERVER_CONTEXT_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "tls/openssl.h"

namespace greeter::tls {

// Immutable. Any thread.
class ServerContext {
 public:
  // `chain` is the server's certificate with those that lead to its CA. INVALID_ARGUMENT: OpenSSL
  // refuses to use them, for a weak key for example. FAILED_PRECONDITION: `key` is not the key of
  // the certificate.
  static absl::StatusOr<std::shared_ptr<const ServerContext>> Create(
      const std::vector<OpensslPtr<X509>>& chain, EVP_PKEY* key,
      const std::vector<OpensslPtr<X509>>& client_cas);

  // A connection that is about to begin, without a socket. Null: there is no memory.
  OpensslPtr<SSL> NewConnection() const { return OpensslPtr<SSL>(SSL_new(context_.get())); }

  // To verify a client's certificate with once more.
  X509_STORE* client_cas() const { return SSL_CTX_get_cert_store(context_.get()); }

 private:
  explicit ServerContext(OpensslPtr<SSL_CTX> context) : context_(std::move(context)) {}

  const OpensslPtr<SSL_CTX> context_;
};

}  // namespace greeter::tls

#endif  // GREETER_TLS_SERVER_CONTEXT_H_
