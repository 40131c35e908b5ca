#include "admin_cli/tls.h"

#include <openssl/pem.h>

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "admin_cli/openssl.h"

namespace greeter::admin_cli {
namespace {

// More than any bundle of CAs has.
constexpr size_t kMaxBytes = size_t{4} << 20;

absl::Status Refused(absl::string_view option, absl::string_view file, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(option, ": ", file, " ", why));
}

absl::StatusOr<std::string> Read(absl::string_view option, const std::string& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::string bytes(kMaxBytes + 1, '\0');
  if (in) in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!in.is_open() || in.bad() || (in.gcount() == 0 && errno == EISDIR)) {
    return Refused(
        option, file,
        absl::StrCat("can't be read: ", std::generic_category().message(errno != 0 ? errno : EIO)));
  }
  bytes.resize(static_cast<size_t>(in.gcount()));
  if (bytes.size() > kMaxBytes)
    return Refused(option, file, "is larger than 4 MiB; no PEM file is");
  if (bytes.empty()) return Refused(option, file, "is empty");
  return bytes;
}

// What `bytes` is, if it has no PEM block of the kind that was wanted.
std::string KindOf(absl::string_view bytes) {
  if (absl::StrContains(bytes, "PRIVATE KEY-----")) return "; it holds a private key";
  if (absl::StrContains(bytes, "BEGIN CERTIFICATE REQUEST-----")) {
    return "; it holds a request, which a CA has yet to sign";
  }
  if (absl::StrContains(bytes, "BEGIN CERTIFICATE-----")) return "; it holds a certificate";
  // An ASN.1 sequence.
  if (bytes[0] == '\x30') {
    return "; if it is DER, \"openssl x509 -inform DER\" (for a key: \"openssl pkey -inform "
           "DER\") makes PEM of it";
  }
  return "";
}

// The first of at least one certificate, all of which can be read.
absl::StatusOr<OpensslPtr<X509>> FirstCertificate(absl::string_view option, const std::string& file,
                                                  const std::string& bytes) {
  ERR_clear_error();
  const OpensslPtr<BIO> bio = BioOf(bytes);
  OpensslPtr<X509> first;
  while (OpensslPtr<X509> next{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    if (first == nullptr) first = std::move(next);
  }
  // The end of the file is an error as well.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = TakeOpensslError();
  if (!at_end) {
    return Refused(option, file, absl::StrCat("holds a damaged certificate (", reason, ")"));
  }
  if (first == nullptr) {
    return Refused(option, file, absl::StrCat("holds no certificate in PEM", KindOf(bytes)));
  }
  return first;
}

absl::StatusOr<OpensslPtr<EVP_PKEY>> PrivateKey(const std::string& file, const std::string& bytes) {
  ERR_clear_error();
  bool encrypted = false;
  const auto no_passphrase = [](char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
  };
  OpensslPtr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(BioOf(bytes).get(), nullptr, no_passphrase, &encrypted));
  const std::string reason = TakeOpensslError();
  if (key != nullptr) return key;
  if (encrypted) {
    return Refused("--key", file,
                   "is encrypted, and greeterctl asks for no passphrase; \"openssl pkey\" decrypts "
                   "it");
  }
  if (absl::StrContains(bytes, "PRIVATE KEY-----")) {
    return Refused("--key", file, absl::StrCat("holds a damaged key (", reason, ")"));
  }
  return Refused("--key", file, absl::StrCat("holds no private key in PEM", KindOf(bytes)));
}

absl::Status ReadClientCertificate(Tls& tls) {
  auto cert = Read("--cert", tls.files.cert);
  if (!cert.ok()) return cert.status();
  auto key = Read("--key", tls.files.key);
  if (!key.ok()) return key.status();
  const auto certificate = FirstCertificate("--cert", tls.files.cert, *cert);
  if (!certificate.ok()) return certificate.status();
  const auto private_key = PrivateKey(tls.files.key, *key);
  if (!private_key.ok()) return private_key.status();
  const bool match = X509_check_private_key(certificate->get(), private_key->get()) == 1;
  ERR_clear_error();
  if (!match) {
    return Refused("--key", tls.files.key,
                   absl::StrCat("does not match the certificate ", tls.files.cert,
                                "; give both files of one pair"));
  }
  tls.cert_pem = *std::move(cert);
  tls.key_pem = *std::move(key);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Tls> ReadTls(const TlsFiles& files) {
  Tls tls;
  tls.files = files;
  auto ca = Read("--ca", files.ca);
  if (!ca.ok()) return ca.status();
  const auto certificate = FirstCertificate("--ca", files.ca, *ca);
  if (!certificate.ok()) return certificate.status();
  tls.ca_pem = *std::move(ca);
  if (!files.cert.empty()) {
    if (absl::Status status = ReadClientCertificate(tls); !status.ok()) return status;
  }
  return tls;
}

}  // namespace greeter::admin_cli
