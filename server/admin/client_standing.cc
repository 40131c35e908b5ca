#include "admin/client_standing.h"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace greeter::admin {
namespace {

using tls::OpensslPtr;

struct StackFree {
  void operator()(STACK_OF(X509) * certificates) const { sk_X509_free(certificates); }
};

absl::Status WhyNot(X509_STORE_CTX* verified) {
  const int error = X509_STORE_CTX_get_error(verified);
  const X509* const at = X509_STORE_CTX_get_current_cert(verified);
  if (error == X509_V_ERR_CERT_HAS_EXPIRED && at != nullptr) {
    const char* const whose = X509_STORE_CTX_get_error_depth(verified) == 0
                                  ? "your certificate"
                                  : "your certificate's CA";
    return absl::UnauthenticatedError(
        absl::StrCat(whose, " has expired on ",
                     absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", tls::TimeOf(X509_get0_notAfter(at)),
                                      absl::UTCTimeZone()),
                     ", after you had connected; connect again with a new one"));
  }
  return absl::UnauthenticatedError(
      absl::StrCat("your certificate leads to none of the client CAs that are in force since you "
                   "had connected (",
                   X509_verify_cert_error_string(error), "); connect again with one that does"));
}

}  // namespace

ClientStanding::ClientStanding(std::shared_ptr<const CertificateWatch> certificates,
                               std::vector<OpensslPtr<X509>> shown)
    : certificates_(std::move(certificates)), shown_(std::move(shown)) {}

absl::Status ClientStanding::Check() {
  std::shared_ptr<const Certificates> current = certificates_->current();
  const std::lock_guard lock(mutex_);
  if (current == current_ && absl::Now() < good_until_) return absl::OkStatus();
  current_ = std::move(current);
  return Verify(*current_);
}

absl::Status ClientStanding::Verify(const Certificates& certificates) {
  good_until_ = absl::InfinitePast();
  const std::unique_ptr<STACK_OF(X509), StackFree> chain(sk_X509_new_null());
  for (const OpensslPtr<X509>& certificate : shown_) sk_X509_push(chain.get(), certificate.get());
  const OpensslPtr<X509_STORE_CTX> verified(X509_STORE_CTX_new());
  const bool good = X509_STORE_CTX_init(verified.get(), certificates.context->client_cas(),
                                        shown_.front().get(), chain.get()) == 1 &&
                    X509_STORE_CTX_set_default(verified.get(), "ssl_client") == 1 &&
                    X509_verify_cert(verified.get()) == 1;
  ERR_clear_error();
  if (!good) return WhyNot(verified.get());
  const STACK_OF(X509)* const path = X509_STORE_CTX_get0_chain(verified.get());
  absl::Time until = absl::InfiniteFuture();
  for (int i = 0; i < sk_X509_num(path); ++i) {
    until = std::min(until, tls::TimeOf(X509_get0_notAfter(sk_X509_value(path, i))));
  }
  good_until_ = until;
  return absl::OkStatus();
}

}  // namespace greeter::admin
