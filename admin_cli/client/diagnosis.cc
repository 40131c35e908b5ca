#include "admin_cli/client/diagnosis.h"

#include <openssl/pem.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "admin_cli/client/connect.h"
#include "admin_cli/terminal/readable.h"
#include "tls/openssl.h"

namespace greeter::admin_cli {
namespace {

using tls::BioOf;
using tls::NameOf;
using tls::OpensslPtr;
using tls::TimeOf;

absl::Status NotConnected(const std::string& server, int error) {
  const std::string reason = std::generic_category().message(error);
  switch (error) {
    case ECONNREFUSED:
      return absl::UnavailableError(absl::StrCat(
          "can't reach greeterd at ", server, " (", reason,
          "): nobody listens there; is it running, and is this its admin address? (--server or "
          "GREETER_SERVER)"));
    case ETIMEDOUT:
      return absl::UnavailableError(
          absl::StrCat("can't reach greeterd at ", server,
                       ": no connection in time; is the address right (--server or "
                       "GREETER_SERVER), and does a firewall let you through?"));
    default:
      return absl::UnavailableError(
          absl::StrCat("can't reach greeterd at ", server, " (", reason,
                       "); is the address right? (--server or GREETER_SERVER)"));
  }
}

// What answers with `bytes`, where HTTP/2 or TLS would be expected.
std::string Stranger(const std::string& server, absl::string_view bytes) {
  if (absl::StartsWith(bytes, "HTTP/1")) return WebServer(server);
  return absl::StrCat(server, " is no admin address of a greeterd: it answers \"",
                      bytes.substr(0, bytes.find_first_of("\r\n")),
                      "\"; is it one that clients are greeted at? (--server or GREETER_SERVER)");
}

// A frame of HTTP/2 that a server begins with: SETTINGS on stream 0.
bool LooksLikeHttp2(absl::string_view bytes) {
  return bytes.size() >= 9 && bytes[0] == 0 && bytes[3] == 4 && bytes[5] == 0 && bytes[8] == 0;
}

absl::Status Untrusted(const Handshake& handshake, const std::string& server, const Tls& tls,
                       const std::string& server_name) {
  const PeerCertificate& certificate = handshake.certificate;
  const std::string whose = absl::StrCat("the certificate of ", server);
  if (tls::IsOfAnotherCa(handshake.verify_error)) {
    return absl::UnavailableError(absl::StrCat(
        whose, " is signed by another CA: its issuer \"", certificate.issuer, "\" is not in ",
        tls.files.ca, "; is this the server you mean (--server), and that its CA (--ca)?"));
  }
  switch (handshake.verify_error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return absl::UnavailableError(absl::StrCat(whose, " has expired: \"", certificate.subject,
                                                 "\" was valid until ", Utc(certificate.not_after),
                                                 "; greeterd needs a new one (--admin-cert)"));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return absl::UnavailableError(
          absl::StrCat(whose, " is not yet valid: \"", certificate.subject, "\" is from ",
                       Utc(certificate.not_before), "; is a clock wrong?"));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: {
      const bool names = !certificate.names.empty();
      return absl::UnavailableError(absl::StrCat(
          whose, " is not for \"", server_name, "\" but for ",
          names ? absl::StrJoin(certificate.names, ", ")
                : absl::StrCat("\"", certificate.subject, "\", without any DNS name or IP address"),
          names ? "; use one of these in --server, or say which you expect with --server-name"
                : "; greeterd needs one with names (--admin-cert)"));
    }
    default:
      return absl::UnavailableError(absl::StrCat(
          whose, " is refused: ", X509_verify_cert_error_string(handshake.verify_error),
          "; greeterd needs another one (--admin-cert)"));
  }
}

// What is wrong with our certificate as the server sees it: "has expired: …".
std::string WhyRefused(const Handshake& handshake, const Tls& tls, absl::Time now) {
  const OpensslPtr<X509> own(
      PEM_read_bio_X509(BioOf(tls.cert_pem).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (own == nullptr) return "can't be read";
  const absl::Time not_after = TimeOf(X509_get0_notAfter(own.get()));
  const absl::Time not_before = TimeOf(X509_get0_notBefore(own.get()));
  if (now > not_after) return absl::StrCat("has expired: it was valid until ", Utc(not_after));
  if (now < not_before) {
    return absl::StrCat("is not yet valid: it is from ", Utc(not_before), "; is a clock wrong?");
  }
  const std::string issuer = NameOf(X509_get_issuer_name(own.get()));
  const std::vector<std::string>& accepted = handshake.accepted_issuers;
  if (!accepted.empty() && !absl::c_linear_search(accepted, issuer)) {
    return absl::StrCat("is signed by another CA: its issuer is \"", issuer,
                        "\", and the server wants \"", absl::StrJoin(accepted, "\" or \""), "\"");
  }
  switch (handshake.alert) {
    case SSL_AD_UNKNOWN_CA:
      return "is signed by another CA than the server's --admin-client-ca";
    case SSL_AD_CERTIFICATE_EXPIRED:
      return "has expired by the server's clock";
    default:
      return absl::StrCat("is not accepted, though its CA's name and its dates look right",
                          handshake.reason.empty() ? "" : absl::StrCat(" (", handshake.reason, ")"),
                          "; is it signed by the server's --admin-client-ca?");
  }
}

absl::Status Ended(const Handshake& handshake, const std::string& server, const Tls& tls,
                   absl::Time now) {
  if (handshake.asked_for_certificate) {
    if (tls.cert_pem.empty()) {
      return absl::UnauthenticatedError(
          absl::StrCat(server,
                       " asks who you are: give your certificate and its key (--cert and --key, or "
                       "GREETER_CERT and GREETER_KEY)"));
    }
    return absl::UnauthenticatedError(absl::StrCat(server,
                                                   " refuses your certificate: ", tls.files.cert,
                                                   " ", WhyRefused(handshake, tls, now)));
  }
  if (!handshake.established && handshake.first_bytes.empty()) {
    return absl::UnavailableError(
        absl::StrCat(server,
                     " ends the connection without a word of TLS; does it want none (leave "
                     "--ca, --cert and --key out), and is it a greeterd's admin address?"));
  }
  return absl::UnavailableError(
      absl::StrCat(server, " ends the TLS handshake",
                   handshake.reason.empty() ? "" : absl::StrCat(" (", handshake.reason, ")"),
                   "; its log may say why"));
}

absl::Status ExplainPlain(const Handshake& handshake, const std::string& server) {
  if (handshake.end == Handshake::End::kTls) {
    return absl::UnavailableError(absl::StrCat(
        server,
        " wants TLS, and you came without: give its CA with --ca (GREETER_CA), and your "
        "certificate with --cert and --key (GREETER_CERT, GREETER_KEY)"));
  }
  if (handshake.end == Handshake::End::kNotTls && !LooksLikeHttp2(handshake.first_bytes)) {
    return absl::UnavailableError(Stranger(server, handshake.first_bytes));
  }
  return absl::OkStatus();
}

}  // namespace

std::string WebServer(const std::string& server) {
  return absl::StrCat(server,
                      " is a web server (it speaks HTTP/1), such as greeterd's status page; "
                      "greeterd's admin address is another (--server or GREETER_SERVER)");
}

absl::Status Explain(const Handshake& handshake, const std::string& server, const Tls* tls,
                     const std::string& server_name, absl::Time now) {
  if (tls == nullptr) return ExplainPlain(handshake, server);
  switch (handshake.end) {
    case Handshake::End::kNotTls:
      return absl::UnavailableError(
          LooksLikeHttp2(handshake.first_bytes)
              ? absl::StrCat(server,
                             " speaks no TLS, and you asked for it: leave --ca, --cert and "
                             "--key (GREETER_CA, GREETER_CERT, GREETER_KEY) out, or give "
                             "greeterd a certificate (--admin-cert)")
              : Stranger(server, handshake.first_bytes));
    case Handshake::End::kUntrusted:
      return Untrusted(handshake, server, *tls, server_name);
    case Handshake::End::kEnded:
      return Ended(handshake, server, *tls, now);
    case Handshake::End::kFailed:
      return absl::UnavailableError(
          absl::StrCat("the TLS handshake with ", server, " fails: ", handshake.reason));
    case Handshake::End::kAccepted:
    case Handshake::End::kSilent:
    case Handshake::End::kTls:
      break;
  }
  if (handshake.established && !handshake.http2) {
    return absl::UnavailableError(
        absl::StrCat(server,
                     " speaks TLS, but not gRPC (no HTTP/2); greeterd's admin address is "
                     "another (--server or GREETER_SERVER)"));
  }
  return absl::OkStatus();
}

absl::Status Diagnose(const std::string& server, const Tls* tls, absl::Time deadline) {
  const size_t colon = server.rfind(':');
  std::string host = server.substr(0, colon);
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  const Connection connection = Connect(host, server.substr(colon + 1), deadline);
  if (connection.fd < 0) return NotConnected(server, connection.error);
  const std::string server_name =
      tls == nullptr || tls->files.server_name.empty() ? host : tls->files.server_name;
  const Handshake handshake = ShakeHands(connection.fd, tls, server_name, deadline);
  close(connection.fd);
  return Explain(handshake, server, tls, server_name, absl::Now());
}

}  // namespace greeter::admin_cli
