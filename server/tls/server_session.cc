#include "tls/server_session.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace greeter::tls {
namespace {

constexpr char kTlsMajorVersion = 3;
// A client of HTTP/2 changes its keys after gigabytes, if at all.
constexpr int kMostMessages = 100;

std::string UntrustedReason(long verify_result) {
  if (IsOfAnotherCa(verify_result)) return "its certificate is of another CA";
  switch (verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "its certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "its certificate is not valid yet";
    default:
      return absl::StrCat("its certificate is refused: ",
                          X509_verify_cert_error_string(verify_result));
  }
}

bool AgreedOnHttp2(const SSL* connection) {
  const unsigned char* protocol = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(connection, &protocol, &size);
  // There is no other to agree on.
  return size > 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerSession>> ServerSession::Begin(const ServerContext& context,
                                                                    int socket) {
  OpensslPtr<SSL> connection = context.NewConnection();
  OpensslPtr<BIO> bio(BIO_new(Methods()));
  ERR_clear_error();
  if (connection == nullptr || bio == nullptr) {
    return absl::ResourceExhaustedError("OpenSSL has no memory for a connection");
  }
  std::unique_ptr<ServerSession> session(new ServerSession(std::move(connection), socket));
  BIO_set_data(bio.get(), session.get());
  BIO_set_init(bio.get(), 1);
  BIO* const both_ways = bio.release();
  SSL_set_bio(session->connection_.get(), both_ways, both_ways);
  return session;
}

ServerSession::ServerSession(OpensslPtr<SSL> connection, int socket)
    : connection_(std::move(connection)), socket_(socket) {}

const BIO_METHOD* ServerSession::Methods() {
  // OpenSSL's own for sockets raises SIGPIPE.
  static const BIO_METHOD* const methods = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_read(made, &Read);
    BIO_meth_set_write(made, &Write);
    BIO_meth_set_ctrl(made, &Control);
    return made;
  }();
  return methods;
}

int ServerSession::Read(BIO* bio, char* buffer, int size) {
  auto* const self = static_cast<ServerSession*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t got = recv(self->socket_, buffer, static_cast<size_t>(size), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  for (ssize_t i = 0; i < got && self->received_ < self->first_.size(); ++i) {
    self->first_[self->received_++] = buffer[i];
  }
  return static_cast<int>(got);
}

int ServerSession::Write(BIO* bio, const char* data, int size) {
  const auto* const self = static_cast<ServerSession*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t sent =
      send(self->socket_, data, static_cast<size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

long ServerSession::Control(BIO* /*bio*/, int command, long /*argument*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

void ServerSession::NoteMessage(int sent, int /*version*/, int type, const void* /*content*/,
                                size_t /*size*/, SSL* /*connection*/, void* self) {
  const bool is_own = type == SSL3_RT_HANDSHAKE || type == SSL3_RT_ALERT;
  if (sent == 0 && is_own) ++static_cast<ServerSession*>(self)->messages_;
}

ServerSession::Handshake ServerSession::ShakeHands() {
  ERR_clear_error();
  const int result = SSL_accept(connection_.get());
  const int error = SSL_get_error(connection_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return Handshake::kReads;
  if (error == SSL_ERROR_WANT_WRITE) return Handshake::kWrites;
  if (error == SSL_ERROR_NONE && AgreedOnHttp2(connection_.get())) {
    SSL_set_msg_callback(connection_.get(), &NoteMessage);
    SSL_set_msg_callback_arg(connection_.get(), this);
    return Handshake::kDone;
  }
  if (error == SSL_ERROR_SYSCALL || error == SSL_ERROR_ZERO_RETURN) return Handshake::kLeft;
  refusal_ = WhyRefused();
  ERR_clear_error();
  return Handshake::kRefused;
}

std::string ServerSession::WhyRefused() const {
  const unsigned long error = ERR_peek_last_error();
  const int reason = ERR_GET_REASON(error);
  if (error == 0 || reason == SSL_R_NO_APPLICATION_PROTOCOL) return "it spoke no HTTP/2";
  if (received_ == first_.size() && first_[1] != kTlsMajorVersion) return "it spoke no TLS";
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) return "it showed no certificate";
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    return UntrustedReason(SSL_get_verify_result(connection_.get()));
  }
  // What the client says of it, an alert, is a reason of a number of its own.
  if (reason > SSL_AD_REASON_OFFSET) {
    return absl::StrCat("it refused greeterd's certificate or TLS: ",
                        SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
  }
  const char* const words = ERR_reason_error_string(error);
  return absl::StrCat("TLS fails: ", words == nullptr ? "no reason given" : words);
}

std::vector<OpensslPtr<X509>> ServerSession::ClientChain() const {
  std::vector<OpensslPtr<X509>> chain;
  chain.emplace_back(SSL_get1_peer_certificate(connection_.get()));
  // On a server's side its own certificate is not among them.
  STACK_OF(X509)* const others = SSL_get_peer_cert_chain(connection_.get());
  for (int i = 0; i < sk_X509_num(others); ++i) {
    X509* const other = sk_X509_value(others, i);
    X509_up_ref(other);
    chain.emplace_back(other);
  }
  return chain;
}

ssize_t ServerSession::Receive(char* buffer, size_t size) {
  ERR_clear_error();
  size_t got = 0;
  const int result = SSL_read_ex(connection_.get(), buffer, size, &got);
  const int error = SSL_get_error(connection_.get(), result);
  ERR_clear_error();
  if (error == SSL_ERROR_NONE) return static_cast<ssize_t>(got);
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  // To wait for room before it reads on would be to wait for a client that only wants to be
  // answered.
  errno = error == SSL_ERROR_WANT_READ && messages_ < kMostMessages ? EAGAIN : EPROTO;
  return -1;
}

ssize_t ServerSession::Send(const char* data, size_t size) {
  ERR_clear_error();
  size_t sent = 0;
  const int result = SSL_write_ex(connection_.get(), data, size, &sent);
  const int error = SSL_get_error(connection_.get(), result);
  ERR_clear_error();
  if (error == SSL_ERROR_NONE) return static_cast<ssize_t>(sent);
  errno = error == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
  return -1;
}

void ServerSession::EndSending() {
  // To say it again is to wait for the client to say the same.
  if ((SSL_get_shutdown(connection_.get()) & SSL_SENT_SHUTDOWN) != 0) return;
  ERR_clear_error();
  SSL_shutdown(connection_.get());
  ERR_clear_error();
}

}  // namespace greeter::tls
