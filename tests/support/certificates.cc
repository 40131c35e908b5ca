#include "support/certificates.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/str_join.h"
#include "tls/openssl.h"

namespace greeter::testing {
namespace {

using Certificate = tls::OpensslPtr<X509>;
using Key = tls::OpensslPtr<EVP_PKEY>;

// Nothing here fails unless the test is wrong.
void Require(bool done) {
  if (!done) abort();
}

template <typename Write>
std::string ToPem(Write write) {
  const tls::OpensslPtr<BIO> out(BIO_new(BIO_s_mem()));
  Require(write(out.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<size_t>(size)};
}

std::string ToPem(X509* certificate) {
  return ToPem([&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}

std::string ToPem(EVP_PKEY* key) {
  return ToPem([&](BIO* out) {
    return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

void Extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  Require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// A certificate without an issuer, extensions and signature yet.
Certificate Draft(const Subject& subject, EVP_PKEY* key) {
  Certificate certificate(X509_new());
  Require(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  uint32_t serial = 0;
  Require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) == 1);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), uint64_t{serial} + 1);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(subject.not_before));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(subject.not_after));
  if (!subject.common_name.empty()) {
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(subject.common_name.c_str()),
                               -1, -1, 0);
  }
  Require(X509_set_pubkey(certificate.get(), key) == 1);
  return certificate;
}

}  // namespace

struct CertificateAuthority::Keys {
  Key key{EVP_EC_gen("P-256")};
  Certificate certificate;
};

CertificateAuthority::CertificateAuthority(const std::string& name, absl::Time not_after)
    : keys_(std::make_unique<Keys>()) {
  keys_->certificate = Draft({.common_name = name, .not_after = not_after}, keys_->key.get());
  SignAs(*this);
}

CertificateAuthority::CertificateAuthority(const std::string& name,
                                           const CertificateAuthority& issuer)
    : keys_(std::make_unique<Keys>()) {
  keys_->certificate = Draft({.common_name = name}, keys_->key.get());
  SignAs(issuer);
}

void CertificateAuthority::SignAs(const CertificateAuthority& issuer) {
  X509* const own = keys_->certificate.get();
  X509* const of_issuer = issuer.keys_->certificate.get();
  Require(X509_set_issuer_name(own, X509_get_subject_name(of_issuer)) == 1);
  Extend(own, of_issuer, NID_basic_constraints, "critical,CA:TRUE");
  Extend(own, of_issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  Require(X509_sign(own, issuer.keys_->key.get(), EVP_sha256()) > 0);
}

CertificateAuthority::~CertificateAuthority() = default;

std::string CertificateAuthority::pem() const { return ToPem(keys_->certificate.get()); }

KeyPair CertificateAuthority::Issue(const Subject& subject) const {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate = Draft(subject, key.get());
  X509* issuer = keys_->certificate.get();
  Require(X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer)) == 1);
  Extend(certificate.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  Extend(certificate.get(), issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  if (!subject.names.empty()) {
    Extend(certificate.get(), issuer, NID_subject_alt_name, absl::StrJoin(subject.names, ","));
  }
  Require(X509_sign(certificate.get(), keys_->key.get(), EVP_sha256()) > 0);
  return {ToPem(certificate.get()), ToPem(key.get())};
}

std::string WithPassphrase(const std::string& key) {
  const tls::OpensslPtr<BIO> in(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
  const Key read(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  return ToPem([&read](BIO* out) {
    return PEM_write_bio_PKCS8PrivateKey(out, read.get(), EVP_aes_128_cbc(), "secret", 6, nullptr,
                                         nullptr);
  });
}

}  // namespace greeter::testing
