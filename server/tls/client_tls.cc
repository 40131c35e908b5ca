#include "tls/client_tls.h"

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tls/openssl.h"
#include "tls/pem.h"

namespace greeter::tls {
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

// The first of the certificates, all of which can be read.
absl::StatusOr<OpensslPtr<X509>> FirstCertificate(absl::string_view option, const std::string& file,
                                                  const std::string& bytes) {
  auto all = ParseCertificates(bytes);
  if (!all.ok()) return Refused(option, file, all.status().message());
  return std::move(all->front());
}

absl::StatusOr<OpensslPtr<EVP_PKEY>> PrivateKey(absl::string_view option, const std::string& file,
                                                const std::string& bytes) {
  auto key = ParsePrivateKey(bytes);
  if (!key.ok()) return Refused(option, file, key.status().message());
  return key;
}

absl::Status ReadClientCertificate(ClientTls& tls, absl::string_view prefix) {
  const std::string cert_option = absl::StrCat(prefix, "cert");
  const std::string key_option = absl::StrCat(prefix, "key");
  auto cert = Read(cert_option, tls.files.cert);
  if (!cert.ok()) return cert.status();
  auto key = Read(key_option, tls.files.key);
  if (!key.ok()) return key.status();
  const auto certificate = FirstCertificate(cert_option, tls.files.cert, *cert);
  if (!certificate.ok()) return certificate.status();
  const auto private_key = PrivateKey(key_option, tls.files.key, *key);
  if (!private_key.ok()) return private_key.status();
  const bool match = X509_check_private_key(certificate->get(), private_key->get()) == 1;
  ERR_clear_error();
  if (!match) {
    return Refused(key_option, tls.files.key,
                   absl::StrCat("does not match the certificate ", tls.files.cert,
                                "; give both files of one pair"));
  }
  tls.cert_pem = *std::move(cert);
  tls.key_pem = *std::move(key);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ClientTls> ReadClientTls(const ClientFiles& files, absl::string_view prefix) {
  const std::string ca_option = absl::StrCat(prefix, "ca");
  ClientTls tls;
  tls.files = files;
  auto ca = Read(ca_option, files.ca);
  if (!ca.ok()) return ca.status();
  const auto certificate = FirstCertificate(ca_option, files.ca, *ca);
  if (!certificate.ok()) return certificate.status();
  tls.ca_pem = *std::move(ca);
  if (!files.cert.empty()) {
    if (absl::Status status = ReadClientCertificate(tls, prefix); !status.ok()) return status;
  }
  return tls;
}

}  // namespace greeter::tls
