#include "admin/certificates.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "net/file_descriptor.h"
#include "tls/openssl.h"
#include "tls/pem.h"

namespace greeter::admin {
namespace {

using tls::OpensslPtr;

constexpr char kCertificateOption[] = "--admin-cert";
constexpr char kKeyOption[] = "--admin-key";
constexpr char kClientCaOption[] = "--admin-client-ca";

// A bundle of every public CA has some 200 KiB.
constexpr size_t kMostBytes = 1 << 20;
constexpr absl::Duration kWarnBefore = absl::Hours(14 * 24);

absl::Status Refuse(const char* option, const std::string& path, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(option, " ", path, ": ", why));
}

absl::StatusOr<std::string> ReadWhole(const char* option, const std::string& path) {
  const auto failed = [&] { return Refuse(option, path, std::generic_category().message(errno)); };
  // Without waiting for whoever might write to a pipe of that name.
  const net::FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return failed();
  std::array<char, 16384> part = {};
  const absl::Cleanup wipe = [&part] { OPENSSL_cleanse(part.data(), part.size()); };
  std::string text;
  // It never moves, and leaves nothing behind.
  text.reserve(kMostBytes + part.size());
  ssize_t got = 0;
  while ((got = read(file.get(), part.data(), part.size())) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed();
    text.append(part.data(), static_cast<size_t>(got));
    if (text.size() > kMostBytes) return Refuse(option, path, "is too large to be a PEM file");
  }
  if (text.empty()) return Refuse(option, path, "is empty");
  // Others read up to it, and we beyond.
  if (absl::StrContains(text, '\0')) {
    return Refuse(option, path, "holds a NUL byte, which no PEM file does");
  }
  return text;
}

// All certificates in `text`.
absl::StatusOr<std::vector<OpensslPtr<X509>>> Parse(const char* option, const std::string& path,
                                                    const std::string& text) {
  auto all = tls::ParseCertificates(text);
  if (!all.ok()) return Refuse(option, path, all.status().message());
  return all;
}

std::string Day(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone());
}

void WarnOfExpiry(absl::string_view what, absl::Time expires, absl::Time now,
                  std::vector<std::string>* warnings) {
  if (now >= expires) {
    warnings->push_back(absl::StrCat(what, " has expired on ", Day(expires),
                                     ": no operator gets in; replace its file"));
  } else if (now >= expires - kWarnBefore) {
    warnings->push_back(
        absl::StrCat(what, " expires on ", Day(expires), "; replace its file before"));
  }
}

}  // namespace

absl::StatusOr<CertificateTexts> ReadCertificateFiles(const CertificateFiles& files) {
  absl::StatusOr<std::string> certificate = ReadWhole(kCertificateOption, files.certificate);
  if (!certificate.ok()) return certificate.status();
  absl::StatusOr<tls::Secret> key = ReadWhole(kKeyOption, files.key);
  if (!key.ok()) return key.status();
  absl::StatusOr<std::string> client_ca = ReadWhole(kClientCaOption, files.client_ca);
  if (!client_ca.ok()) return client_ca.status();
  return CertificateTexts{*std::move(certificate), *std::move(key), *std::move(client_ca)};
}

std::string DigestOf(const CertificateTexts& texts) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest = {};
  std::string digests;
  for (const std::string* const text : {&texts.certificate, &texts.key.text(), &texts.client_ca}) {
    SHA256(reinterpret_cast<const unsigned char*>(text->data()), text->size(), digest.data());
    digests.append(digest.begin(), digest.end());
  }
  return digests;
}

absl::StatusOr<Certificates> CheckCertificates(const CertificateFiles& files,
                                               const CertificateTexts& texts) {
  const auto chain = Parse(kCertificateOption, files.certificate, texts.certificate);
  if (!chain.ok()) return chain.status();
  const auto authorities = Parse(kClientCaOption, files.client_ca, texts.client_ca);
  if (!authorities.ok()) return authorities.status();
  const auto key = tls::ParsePrivateKey(texts.key.text());
  if (!key.ok()) return Refuse(kKeyOption, files.key, key.status().message());
  auto context = tls::ServerContext::Create(*chain, key->get(), *authorities);
  if (absl::IsFailedPrecondition(context.status())) {
    return Refuse(kKeyOption, files.key,
                  absl::StrCat("is not the key of ", kCertificateOption, " ", files.certificate));
  }
  if (!context.ok()) {
    return Refuse(kCertificateOption, files.certificate, context.status().message());
  }
  const X509* const own = chain->front().get();
  Certificates checked = {DigestOf(texts), *std::move(context),
                          tls::TimeOf(X509_get0_notBefore(own)),
                          tls::TimeOf(X509_get0_notAfter(own)), absl::InfiniteFuture()};
  for (const OpensslPtr<X509>& authority : *authorities) {
    checked.client_ca_expires =
        std::min(checked.client_ca_expires, tls::TimeOf(X509_get0_notAfter(authority.get())));
  }
  return checked;
}

std::vector<std::string> ExpiryWarnings(const Certificates& certificates, absl::Time now) {
  std::vector<std::string> warnings;
  if (now < certificates.server_begins) {
    warnings.push_back(absl::StrCat("the admin port's certificate is not valid before ",
                                    Day(certificates.server_begins),
                                    ": no operator gets in; check the clock"));
  }
  WarnOfExpiry("the admin port's certificate", certificates.server_expires, now, &warnings);
  WarnOfExpiry("a CA of --admin-client-ca", certificates.client_ca_expires, now, &warnings);
  return warnings;
}

}  // namespace greeter::admin
