#include "admin_cli/client/handshake.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "admin_cli/client/connect.h"
#include "tls/openssl.h"

namespace greeter::admin_cli {
namespace {

using tls::BioOf;
using tls::NameOf;
using tls::OpensslPtr;
using tls::TakeOpensslError;
using tls::TimeOf;

constexpr size_t kFirstBytes = 64;
// TLS's records of alert and handshake, which a server can begin with.
constexpr unsigned char kAlertRecord = 21, kHandshakeRecord = 22;
// HTTP/2, as gRPC offers it.
constexpr unsigned char kProtocols[] = {2, 'h', '2'};

bool LooksLikeTls(const std::string& bytes) {
  const auto type = static_cast<unsigned char>(bytes[0]);
  return (type == kAlertRecord || type == kHandshakeRecord) && (bytes.size() < 2 || bytes[1] == 3);
}

std::vector<std::string> NamesOf(const X509* certificate) {
  std::vector<std::string> names;
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
    const ASN1_STRING* value = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
    const unsigned char* data = ASN1_STRING_get0_data(value);
    const int size = ASN1_STRING_length(value);
    if (name->type == GEN_DNS) {
      names.emplace_back(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
      continue;
    }
    char text[INET6_ADDRSTRLEN] = "";
    if (inet_ntop(size == 4 ? AF_INET : AF_INET6, data, text, sizeof(text)) != nullptr) {
      names.emplace_back(text);
    }
  }
  GENERAL_NAMES_free(all);
  return names;
}

// One handshake, from its own thread's view: OpenSSL between two buffers, and the socket.
class Attempt {
 public:
  Attempt(int fd, const Tls* tls, absl::Time deadline)
      : fd_(fd), deadline_(deadline), only_begin_(tls == nullptr) {
    ERR_clear_error();
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    if (tls != nullptr) Bring(*tls);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_app_data(ssl_.get(), this);
    from_server_ = BIO_new(BIO_s_mem());
    to_server_ = BIO_new(BIO_s_mem());
    // An empty buffer is not the end.
    BIO_set_mem_eof_return(from_server_, -1);
    SSL_set_bio(ssl_.get(), from_server_, to_server_);
    SSL_set_alpn_protos(ssl_.get(), kProtocols, sizeof(kProtocols));
  }

  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() = default;

  Handshake Run(const std::string& server_name) {
    Expect(server_name);
    result_.end = Until([this] { return SSL_connect(ssl_.get()); });
    if (result_.end != Handshake::End::kAccepted) return std::move(result_);
    result_.established = true;
    const unsigned char* protocol = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &protocol, &size);
    result_.http2 = size == 2;
    // In TLS 1.3 the server looks at our certificate only now.
    char first = 0;
    result_.end = Until([&] { return SSL_peek(ssl_.get(), &first, 1); });
    return std::move(result_);
  }

 private:
  // A CA or certificate that OpenSSL can't read has been refused before.
  void Bring(const Tls& tls) {
    const OpensslPtr<BIO> cas = BioOf(tls.ca_pem);
    X509_STORE* store = SSL_CTX_get_cert_store(context_.get());
    while (OpensslPtr<X509> ca{PEM_read_bio_X509(cas.get(), nullptr, nullptr, nullptr)}) {
      X509_STORE_add_cert(store, ca.get());
    }
    // What gRPC asks for: an intermediate CA may be the one to trust.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, &Attempt::OnVerified);
    SSL_CTX_set_cert_cb(context_.get(), &Attempt::OnCertificateRequest, this);
    if (!tls.cert_pem.empty()) {
      const OpensslPtr<BIO> chain = BioOf(tls.cert_pem);
      const OpensslPtr<X509> own(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
      SSL_CTX_use_certificate(context_.get(), own.get());
      while (OpensslPtr<X509> next{PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)}) {
        SSL_CTX_add1_chain_cert(context_.get(), next.get());
      }
      const OpensslPtr<EVP_PKEY> key(
          PEM_read_bio_PrivateKey(BioOf(tls.key_pem).get(), nullptr, nullptr, nullptr));
      SSL_CTX_use_PrivateKey(context_.get(), key.get());
    }
    ERR_clear_error();
  }

  void Expect(const std::string& server_name) {
    if (only_begin_) return;
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), server_name.c_str()) == 1) return;
    ERR_clear_error();
    SSL_set_tlsext_host_name(ssl_.get(), server_name.c_str());
    SSL_set1_host(ssl_.get(), server_name.c_str());
  }

  static Attempt* Of(const SSL* ssl) { return static_cast<Attempt*>(SSL_get_app_data(ssl)); }

  static int OnVerified(int ok, X509_STORE_CTX* chain) {
    if (ok == 1) return 1;
    const auto* ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    Handshake& result = Of(ssl)->result_;
    result.verify_error = X509_STORE_CTX_get_error(chain);
    const X509* certificate = X509_STORE_CTX_get_current_cert(chain);
    if (certificate == nullptr) certificate = X509_STORE_CTX_get0_cert(chain);
    result.certificate = {NameOf(X509_get_subject_name(certificate)),
                          NameOf(X509_get_issuer_name(certificate)), NamesOf(certificate),
                          TimeOf(X509_get0_notBefore(certificate)),
                          TimeOf(X509_get0_notAfter(certificate))};
    return 0;
  }

  static int OnCertificateRequest(SSL* ssl, void* attempt) {
    Handshake& result = static_cast<Attempt*>(attempt)->result_;
    result.asked_for_certificate = true;
    const STACK_OF(X509_NAME)* names = SSL_get0_peer_CA_list(ssl);
    result.accepted_issuers.clear();
    for (int i = 0; i < sk_X509_NAME_num(names); ++i) {
      result.accepted_issuers.push_back(NameOf(sk_X509_NAME_value(names, i)));
    }
    return 1;
  }

  // Repeats `step`, one of OpenSSL's, until it is done or the connection is; carries bytes.
  template <typename Step>
  Handshake::End Until(Step step) {
    for (;;) {
      ERR_clear_error();
      const int done = step();
      const int error = SSL_get_error(ssl_.get(), done);
      // Even a failure has something to say to the server.
      Send();
      if (done == 1) return Handshake::End::kAccepted;
      if (error != SSL_ERROR_WANT_READ) return Failure(error);
      const Handshake::End end = Receive();
      if (end != Handshake::End::kAccepted) return end;
    }
  }

  Handshake::End Failure(int error) {
    if (result_.verify_error != X509_V_OK) return Handshake::End::kUntrusted;
    if (error == SSL_ERROR_ZERO_RETURN) return Handshake::End::kEnded;
    const int reason = ERR_GET_REASON(ERR_peek_last_error());
    result_.reason = TakeOpensslError();
    if (reason < SSL_AD_REASON_OFFSET) return Handshake::End::kFailed;
    result_.alert = reason - SSL_AD_REASON_OFFSET;
    return Handshake::End::kEnded;
  }

  // A server that has gone may have said why before; so it is read from all the same.
  void Send() {
    char* bytes = nullptr;
    const long pending = BIO_get_mem_data(to_server_, &bytes);
    size_t sent = 0;
    while (sent < static_cast<size_t>(pending)) {
      const ssize_t n = send(fd_, bytes + sent, static_cast<size_t>(pending) - sent, MSG_NOSIGNAL);
      if (n > 0) {
        sent += static_cast<size_t>(n);
      } else if (errno != EAGAIN || !WaitForSocket(fd_, POLLOUT, deadline_)) {
        break;
      }
    }
    BIO_reset(to_server_);
  }

  // kAccepted: there is something new for OpenSSL.
  Handshake::End Receive() {
    if (!WaitForSocket(fd_, POLLIN, deadline_)) return Handshake::End::kSilent;
    std::array<char, 4096> bytes{};
    const ssize_t size = recv(fd_, bytes.data(), bytes.size(), 0);
    if (size < 0 && errno == EAGAIN) return Handshake::End::kAccepted;
    if (size <= 0) return Handshake::End::kEnded;
    if (result_.first_bytes.empty()) {
      result_.first_bytes.assign(bytes.data(),
                                 std::min<size_t>(kFirstBytes, static_cast<size_t>(size)));
      if (!LooksLikeTls(result_.first_bytes)) return Handshake::End::kNotTls;
      if (only_begin_) return Handshake::End::kTls;
    }
    BIO_write(from_server_, bytes.data(), static_cast<int>(size));
    return Handshake::End::kAccepted;
  }

  // Constant after construction.
  const int fd_;
  const absl::Time deadline_;
  const bool only_begin_;
  OpensslPtr<SSL_CTX> context_;
  OpensslPtr<SSL> ssl_;
  // ssl_'s.
  BIO* from_server_ = nullptr;
  BIO* to_server_ = nullptr;

  // Owned by the thread in Run().
  Handshake result_;
};

}  // namespace

Handshake ShakeHands(int fd, const Tls* tls, const std::string& server_name, absl::Time deadline) {
  return Attempt(fd, tls, deadline).Run(server_name);
}

}  // namespace greeter::admin_cli
