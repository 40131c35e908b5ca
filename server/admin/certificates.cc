#include "admin/certificates.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/file_descriptor.h"

namespace greeter::admin {
namespace {

constexpr char kCertificateOption[] = "--admin-cert";
constexpr char kKeyOption[] = "--admin-key";
constexpr char kClientCaOption[] = "--admin-client-ca";

// A bundle of every public CA has some 200 KiB.
constexpr size_t kMostBytes = 1 << 20;
constexpr absl::Duration kWarnBefore = absl::Hours(14 * 24);

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

absl::Status Refuse(const char* option, const std::string& path, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(option, " ", path, ": ", why));
}

absl::StatusOr<std::string> ReadWhole(const char* option, const std::string& path) {
  const auto failed = [&] { return Refuse(option, path, std::generic_category().message(errno)); };
  // Without waiting for whoever might write to a pipe of that name.
  const net::FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return failed();
  std::string text;
  std::array<char, 16384> part = {};
  ssize_t got = 0;
  while ((got = read(file.get(), part.data(), part.size())) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed();
    text.append(part.data(), static_cast<size_t>(got));
    if (text.size() > kMostBytes) return Refuse(option, path, "is too large to be a PEM file");
  }
  if (text.empty()) return Refuse(option, path, "is empty");
  return text;
}

Bio Open(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// All certificates in `text`. INVALID_ARGUMENT if there is none, or one is damaged.
absl::StatusOr<std::vector<Certificate>> Parse(const char* option, const std::string& path,
                                               const std::string& text) {
  std::vector<Certificate> all;
  const Bio bio = Open(text);
  while (Certificate next{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    all.push_back(std::move(next));
  }
  // The end is an error, too, of its own kind.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (all.empty()) return Refuse(option, path, "holds no certificate in PEM");
  if (!at_end) return Refuse(option, path, "one of its certificates is damaged");
  return all;
}

absl::StatusOr<Key> ParseKey(const std::string& path, const std::string& text) {
  bool asked = false;
  // Otherwise OpenSSL would ask at the terminal.
  const auto no_passphrase = [](char*, int, int, void* asked_for) {
    *static_cast<bool*>(asked_for) = true;
    return -1;
  };
  Key key(PEM_read_bio_PrivateKey(Open(text).get(), nullptr, no_passphrase, &asked));
  ERR_clear_error();
  if (asked) return Refuse(kKeyOption, path, "needs a passphrase; give a key without one");
  if (key == nullptr) return Refuse(kKeyOption, path, "holds no private key in PEM");
  return key;
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm fields = {};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return absl::InfinitePast();
  return absl::FromTM(fields, absl::UTCTimeZone());
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
  absl::StatusOr<std::string> key = ReadWhole(kKeyOption, files.key);
  if (!key.ok()) return key.status();
  absl::StatusOr<std::string> client_ca = ReadWhole(kClientCaOption, files.client_ca);
  if (!client_ca.ok()) return client_ca.status();
  return CertificateTexts{*std::move(certificate), *std::move(key), *std::move(client_ca)};
}

absl::StatusOr<Certificates> CheckCertificates(const CertificateFiles& files,
                                               CertificateTexts texts) {
  const auto chain = Parse(kCertificateOption, files.certificate, texts.certificate);
  if (!chain.ok()) return chain.status();
  const auto authorities = Parse(kClientCaOption, files.client_ca, texts.client_ca);
  if (!authorities.ok()) return authorities.status();
  const absl::StatusOr<Key> key = ParseKey(files.key, texts.key);
  if (!key.ok()) return key.status();

  // As gRPC will: OpenSSL refuses more than it can't parse, weak keys for example.
  const std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>> server(SSL_CTX_new(TLS_server_method()));
  X509* const own = chain->front().get();
  const bool usable = server != nullptr && SSL_CTX_use_certificate(server.get(), own) == 1;
  const bool fits = usable && SSL_CTX_use_PrivateKey(server.get(), key->get()) == 1 &&
                    SSL_CTX_check_private_key(server.get()) == 1;
  ERR_clear_error();
  if (!usable) return Refuse(kCertificateOption, files.certificate, "OpenSSL refuses to use it");
  if (!fits) {
    return Refuse(kKeyOption, files.key,
                  absl::StrCat("is not the key of ", kCertificateOption, " ", files.certificate));
  }
  Certificates checked = {std::move(texts), ToTime(X509_get0_notBefore(own)),
                          ToTime(X509_get0_notAfter(own)), absl::InfiniteFuture()};
  for (const Certificate& authority : *authorities) {
    checked.client_ca_expires =
        std::min(checked.client_ca_expires, ToTime(X509_get0_notAfter(authority.get())));
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
