#include "tls/client_hello.h"

#include <cstddef>

#include "tls/openssl.h"

namespace greeter::tls {

std::string ClientHello() {
  const OpensslPtr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return "";
  const OpensslPtr<SSL> client(SSL_new(context.get()));
  if (client == nullptr) return "";
  BIO* const said = BIO_new(BIO_s_mem());
  SSL_set_bio(client.get(), BIO_new(BIO_s_mem()), said);
  // It waits for the answer, in vain.
  SSL_connect(client.get());
  ERR_clear_error();
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(said, &bytes);
  return {bytes, static_cast<size_t>(length)};
}

}  // namespace greeter::tls
