#include "tls_connection.h"

#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"

namespace greeter::testing {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Context = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using Connection = std::unique_ptr<SSL, Deleter<SSL_free>>;

Context NewContext() {
  Context context(SSL_CTX_new(TLS_client_method()));
  const std::array<unsigned char, 3> h2 = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context.get(), h2.data(), h2.size());
  return context;
}

}  // namespace

struct TlsConnection::Session {
  Context context = NewContext();
  Connection connection;
};

net::FileDescriptor ConnectFrom(const std::string& source, const net::Address& to) {
  net::FileDescriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const absl::StatusOr<net::Address> from = net::Address::Parse(absl::StrCat(source, ":0"));
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  // A backlog that is full answers late.
  const timeval patience = {5, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (bind(fd.get(), from->data(), from->size()) != 0 ||
      connect(fd.get(), to.data(), to.size()) != 0) {
    fd.Close();
  }
  return fd;
}

std::string ClientHello() {
  const Context context = NewContext();
  const Connection client(SSL_new(context.get()));
  BIO* const said = BIO_new(BIO_s_mem());
  SSL_set_bio(client.get(), BIO_new(BIO_s_mem()), said);
  SSL_connect(client.get());
  ERR_clear_error();
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(said, &bytes);
  return {bytes, static_cast<size_t>(length)};
}

TlsConnection::TlsConnection(net::FileDescriptor socket, const KeyPair& client, int newest)
    : socket_(std::move(socket)), session_(new Session) {
  signal(SIGPIPE, SIG_IGN);
  const Bio certificate_text(BIO_new_mem_buf(client.cert.data(), -1));
  const Bio key_text(BIO_new_mem_buf(client.key.data(), -1));
  const std::unique_ptr<X509, Deleter<X509_free>> certificate(
      PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr));
  const std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>> key(
      PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
  SSL_CTX_use_certificate(session_->context.get(), certificate.get());
  SSL_CTX_use_PrivateKey(session_->context.get(), key.get());
  // Old versions' signatures are below the default level, and the system may allow none of them.
  if (newest != 0) SSL_CTX_set_security_level(session_->context.get(), 0);
  SSL_CTX_set_min_proto_version(session_->context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(session_->context.get(), newest);
  session_->connection.reset(SSL_new(session_->context.get()));
  SSL_set_fd(session_->connection.get(), socket_.get());
  const timeval patience = {20, 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  SSL_connect(session_->connection.get());
}

TlsConnection::~TlsConnection() { ERR_clear_error(); }

std::string TlsConnection::version() const {
  const SSL* const connection = session_->connection.get();
  return SSL_is_init_finished(connection) ? SSL_get_version(connection) : "none";
}

bool TlsConnection::Send(absl::string_view bytes) {
  SSL* const connection = session_->connection.get();
  if (!SSL_is_init_finished(connection)) return false;
  return SSL_write(connection, bytes.data(), static_cast<int>(bytes.size())) > 0;
}

}  // namespace greeter::testing
