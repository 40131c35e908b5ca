#include "tls/watched_handshakes.h"

#include <openssl/rand.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tls/openssl.h"

namespace greeter::tls {
namespace {

// Goes with a connection.
struct Watched {
  HandshakeFailed failed;
  bool begun = false;
};

constexpr unsigned char kTlsMajorVersion = 3;

// Of the WatchedHandshakes on this thread; null without one.
thread_local const HandshakeFailed* watching = nullptr;

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

// Why we end the handshake with an alert.
std::string ReasonOf(const SSL* connection) {
  const unsigned long error = ERR_peek_last_error();
  switch (ERR_GET_REASON(error)) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "it showed no certificate";
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return UntrustedReason(SSL_get_verify_result(connection));
    default:
      break;
  }
  const char* const words = ERR_reason_error_string(error);
  return absl::StrCat("TLS fails: ", words == nullptr ? "no reason given" : words);
}

// A session that begins in one context can't be resumed in another, and no two connections have the
// same.
void ForbidResuming(SSL* connection) {
  SSL_set_num_tickets(connection, 0);
  std::array<unsigned char, SSL_MAX_SID_CTX_LENGTH> context = {};
  RAND_bytes(context.data(), context.size());
  SSL_set_session_id_context(connection, context.data(), context.size());
}

void OnConnectionMade(void* made, void* /*none*/, CRYPTO_EX_DATA* data, int index, long /*none*/,
                      void* /*none*/);
void OnConnectionFreed(void* /*freed*/, void* watched, CRYPTO_EX_DATA* /*data*/, int /*index*/,
                       long /*none*/, void* /*none*/) {
  delete static_cast<Watched*>(watched);
}

// Where a connection's Watched is: one place in every SSL of the process.
int Index() {
  static const int index =
      SSL_get_ex_new_index(0, nullptr, &OnConnectionMade, nullptr, &OnConnectionFreed);
  return index;
}

// By OpenSSL, for all that is sent and received: records' headers, messages, alerts.
void OnMessage(int sent, int /*version*/, int type, const void* content, size_t size,
               SSL* connection, void* /*none*/) {
  auto* const watched = static_cast<Watched*>(SSL_get_ex_data(connection, Index()));
  const auto* const bytes = static_cast<const unsigned char*>(content);
  if (!std::exchange(watched->begun, true)) {
    ForbidResuming(connection);
    // Such a one is told nothing.
    if (type == SSL3_RT_HEADER && size > 1 && bytes[1] != kTlsMajorVersion) {
      watched->failed("it spoke no TLS");
    }
  }
  const bool is_end = type == SSL3_RT_ALERT && size == 2 && bytes[0] == SSL3_AL_FATAL;
  if (!is_end || SSL_is_init_finished(connection) == 1) return;
  watched->failed(sent == 1 ? ReasonOf(connection)
                            : absl::StrCat("it refused greeterd's certificate or TLS: ",
                                           SSL_alert_desc_string_long(bytes[1])));
}

void OnConnectionMade(void* made, void* /*none*/, CRYPTO_EX_DATA* data, int index, long /*none*/,
                      void* /*none*/) {
  if (watching == nullptr) return;
  auto* const connection = static_cast<SSL*>(made);
  if (CRYPTO_set_ex_data(data, index, new Watched{*watching}) != 1) return;
  SSL_set_msg_callback(connection, &OnMessage);
}

}  // namespace

WatchedHandshakes::WatchedHandshakes(HandshakeFailed failed) : failed_(std::move(failed)) {
  Index();
  watching = &failed_;
}

WatchedHandshakes::~WatchedHandshakes() { watching = nullptr; }

}  // namespace greeter::tls
