#include "admin/certificate_names.h"

#include <openssl/x509v3.h>

#include <memory>

namespace greeter::admin {
namespace {

struct NamesFree {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

// Empty for one that is no text.
std::string Utf8Of(const ASN1_STRING* text) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, text);
  if (size < 0) {
    ERR_clear_error();
    return "";
  }
  std::string copy(reinterpret_cast<const char*>(utf8), static_cast<size_t>(size));
  OPENSSL_free(utf8);
  return copy;
}

void AddName(const ASN1_STRING* text, std::vector<std::string>* names) {
  std::string name = Utf8Of(text);
  if (!name.empty()) names->push_back(std::move(name));
}

}  // namespace

CertificateNames ReadNames(const X509* certificate) {
  CertificateNames found;
  const std::unique_ptr<GENERAL_NAMES, NamesFree> alternatives(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type == GEN_URI) AddName(name->d.uniformResourceIdentifier, &found.uris);
    if (name->type == GEN_DNS) AddName(name->d.dNSName, &found.names);
  }
  if (!found.uris.empty() || !found.names.empty()) return found;
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) AddName(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), &found.names);
  return found;
}

}  // namespace greeter::admin
