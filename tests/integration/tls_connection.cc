#include "tls_connection.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tls/openssl.h"
#include "tls/pem.h"

namespace greeter::testing {
namespace {

using tls::OpensslPtr;

OpensslPtr<SSL_CTX> NewContext() {
  OpensslPtr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  const std::array<unsigned char, 3> h2 = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context.get(), h2.data(), h2.size());
  return context;
}

}  // namespace

struct TlsConnection::Session {
  OpensslPtr<SSL_CTX> context = NewContext();
  OpensslPtr<SSL> connection;
};

std::string ClientHello() {
  const OpensslPtr<SSL_CTX> context = NewContext();
  const OpensslPtr<SSL> client(SSL_new(context.get()));
  BIO* const said = BIO_new(BIO_s_mem());
  SSL_set_bio(client.get(), BIO_new(BIO_s_mem()), said);
  // It waits for the answer, in vain.
  SSL_connect(client.get());
  ERR_clear_error();
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(said, &bytes);
  return {bytes, static_cast<size_t>(length)};
}

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

TlsConnection::TlsConnection(net::FileDescriptor socket, const KeyPair& client, int newest,
                             const TlsConnection* earlier)
    : socket_(std::move(socket)), session_(new Session) {
  signal(SIGPIPE, SIG_IGN);
  const auto certificates = tls::ParseCertificates(client.cert);
  const auto key = tls::ParsePrivateKey(client.key);
  SSL_CTX_use_certificate(session_->context.get(), certificates->front().get());
  SSL_CTX_use_PrivateKey(session_->context.get(), key->get());
  // Old versions' signatures are below the default level, and the system may allow none of them.
  if (newest != 0) SSL_CTX_set_security_level(session_->context.get(), 0);
  SSL_CTX_set_min_proto_version(session_->context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(session_->context.get(), newest);
  session_->connection.reset(SSL_new(session_->context.get()));
  SSL_set_fd(session_->connection.get(), socket_.get());
  if (earlier != nullptr) {
    SSL_set_session(session_->connection.get(),
                    SSL_get_session(earlier->session_->connection.get()));
  }
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

bool TlsConnection::resumed() const { return SSL_session_reused(session_->connection.get()) == 1; }

std::string TlsConnection::Receive(size_t size) {
  std::string received(size, '\0');
  const int count =
      SSL_read(session_->connection.get(), received.data(), static_cast<int>(received.size()));
  received.resize(static_cast<size_t>(std::max(count, 0)));
  return received;
}

bool TlsConnection::Send(absl::string_view bytes) {
  SSL* const connection = session_->connection.get();
  if (!SSL_is_init_finished(connection)) return false;
  return SSL_write(connection, bytes.data(), static_cast<int>(bytes.size())) > 0;
}

void TlsConnection::WaitForEnd() {
  shutdown(socket_.get(), SHUT_WR);
  std::array<char, 4096> ignored = {};
  while (SSL_read(session_->connection.get(), ignored.data(), ignored.size()) > 0) {
  }
}

}  // namespace greeter::testing
