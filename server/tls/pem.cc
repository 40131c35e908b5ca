#include "tls/pem.h"

#include <openssl/pem.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace greeter::tls {
namespace {

absl::Status Refused(absl::string_view why, absl::string_view more = "") {
  return absl::InvalidArgumentError(absl::StrCat(why, more));
}

// What `bytes` is, if it has no PEM block of the kind that was wanted.
std::string KindOf(absl::string_view bytes) {
  if (absl::StrContains(bytes, "PRIVATE KEY-----")) return "; it holds a private key";
  if (absl::StrContains(bytes, "BEGIN CERTIFICATE REQUEST-----")) {
    return "; it holds a request, which a CA has yet to sign";
  }
  if (absl::StrContains(bytes, "BEGIN CERTIFICATE-----")) return "; it holds a certificate";
  // An ASN.1 sequence.
  if (absl::StartsWith(bytes, "\x30")) {
    return "; if it is DER, \"openssl x509 -inform DER\" (for a key: \"openssl pkey -inform "
           "DER\") makes PEM of it";
  }
  return "";
}

}  // namespace

absl::StatusOr<std::vector<OpensslPtr<X509>>> ParseCertificates(absl::string_view bytes) {
  ERR_clear_error();
  std::vector<OpensslPtr<X509>> all;
  const OpensslPtr<BIO> bio = BioOf(bytes);
  while (OpensslPtr<X509> next{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    all.push_back(std::move(next));
  }
  // The end is an error, too, of its own kind.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = TakeOpensslError();
  if (!at_end) return Refused("holds a damaged certificate", absl::StrCat(" (", reason, ")"));
  if (all.empty()) return Refused("holds no certificate in PEM", KindOf(bytes));
  return all;
}

absl::StatusOr<OpensslPtr<EVP_PKEY>> ParsePrivateKey(absl::string_view bytes) {
  ERR_clear_error();
  bool encrypted = false;
  // Otherwise OpenSSL would ask at the terminal.
  const auto no_passphrase = [](char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
  };
  OpensslPtr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(BioOf(bytes).get(), nullptr, no_passphrase, &encrypted));
  const std::string reason = TakeOpensslError();
  if (key != nullptr) return key;
  if (encrypted) {
    return Refused(
        "is encrypted and needs a passphrase, which nobody is asked for; \"openssl pkey\" "
        "decrypts it");
  }
  if (absl::StrContains(bytes, "PRIVATE KEY-----")) {
    return Refused("holds a damaged key", absl::StrCat(" (", reason, ")"));
  }
  return Refused("holds no private key in PEM", KindOf(bytes));
}

}  // namespace greeter::tls
