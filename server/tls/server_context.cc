#include "tls/server_context.h"

#include <cstddef>
#include <utility>

#include "absl/status/status.h"

namespace greeter::tls {
namespace {

// For TLS 1.2, what HTTP/2 allows (RFC 9113, 9.2.2); 1.3 has no others.
constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr unsigned char kHttp2[] = {2, 'h', '2'};

int ChooseHttp2(SSL* /*connection*/, const unsigned char** chosen, unsigned char* size,
                const unsigned char* offered, unsigned int offered_size, void* /*none*/) {
  // It points into one of the two, neither of which is changed.
  auto** const found = const_cast<unsigned char**>(chosen);
  return SSL_select_next_proto(found, size, kHttp2, sizeof(kHttp2), offered, offered_size) ==
                 OPENSSL_NPN_NEGOTIATED
             ? SSL_TLSEXT_ERR_OK
             : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void Insist(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kCiphers);
  SSL_CTX_set_alpn_select_cb(context, &ChooseHttp2, nullptr);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One record for each call of SSL_read(), whatever it is: see ServerSession::Receive().
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(context, 0);
}

bool TrustClientsOf(SSL_CTX* context, const std::vector<OpensslPtr<X509>>& cas) {
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  // An intermediate CA may be the one that is trusted.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
  for (const OpensslPtr<X509>& ca : cas) {
    // Their names are told to clients, which choose a certificate by them.
    if (X509_STORE_add_cert(store, ca.get()) != 1 || SSL_CTX_add_client_CA(context, ca.get()) != 1)
      return false;
  }
  return true;
}

bool Show(SSL_CTX* context, const std::vector<OpensslPtr<X509>>& chain) {
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) return false;
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ServerContext>> ServerContext::Create(
    const std::vector<OpensslPtr<X509>>& chain, EVP_PKEY* key,
    const std::vector<OpensslPtr<X509>>& client_cas) {
  OpensslPtr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  const bool usable = context != nullptr && Show(context.get(), chain);
  const bool fits = usable && SSL_CTX_use_PrivateKey(context.get(), key) == 1 &&
                    SSL_CTX_check_private_key(context.get()) == 1;
  const bool trusts = fits && TrustClientsOf(context.get(), client_cas);
  ERR_clear_error();
  if (usable && !fits) return absl::FailedPreconditionError("the key is another certificate's");
  if (!trusts) return absl::InvalidArgumentError("OpenSSL refuses to use it");
  Insist(context.get());
  return std::shared_ptr<const ServerContext>(new ServerContext(std::move(context)));
}

}  // namespace greeter::tls
