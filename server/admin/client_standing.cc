#include "admin/client_standing.h"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tls/pem.h"

namespace greeter::admin {
namespace {

using tls::OpensslPtr;

// Operators are few; more than this are forgotten together.
constexpr size_t kMaxRemembered = 1000;

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

ClientStanding::ClientStanding(std::shared_ptr<const CertificateWatch> certificates)
    : certificates_(std::move(certificates)) {}

absl::Status ClientStanding::Check(const ClientCertificate& client) {
  std::string shown = absl::StrCat(client.pem, client.chain);
  Cas cas;
  {
    const std::lock_guard lock(mutex_);
    TakeCurrentCas();
    const auto known = good_.find(shown);
    if (known != good_.end() && absl::Now() < known->second) return absl::OkStatus();
    cas = cas_;
  }
  const absl::StatusOr<absl::Time> until = Verify(cas, client);
  if (!until.ok()) return until.status();
  const std::lock_guard lock(mutex_);
  // By others, meanwhile.
  if (cas != cas_) return absl::OkStatus();
  if (good_.size() >= kMaxRemembered) good_.clear();
  good_.insert_or_assign(std::move(shown), *until);
  return absl::OkStatus();
}

void ClientStanding::TakeCurrentCas() {
  std::shared_ptr<const Certificates> current = certificates_->current();
  if (current == current_) return;
  current_ = std::move(current);
  good_.clear();
  cas_ = tls::OpensslPtr<X509_STORE>(X509_STORE_new());
  // As gRPC has it: an intermediate CA may be the one that is trusted.
  X509_STORE_set_flags(cas_.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
  // They have been read before.
  const auto cas = tls::ParseCertificates(current_->texts.client_ca);
  for (const OpensslPtr<X509>& ca : *cas) X509_STORE_add_cert(cas_.get(), ca.get());
}

absl::StatusOr<absl::Time> ClientStanding::Verify(const Cas& cas, const ClientCertificate& client) {
  const auto shown = tls::ParseCertificates(absl::StrCat(client.pem, client.chain));
  if (!shown.ok())
    return absl::UnauthenticatedError("gRPC can't tell which certificate you showed");
  const std::unique_ptr<STACK_OF(X509), StackFree> chain(sk_X509_new_null());
  for (const OpensslPtr<X509>& certificate : *shown) sk_X509_push(chain.get(), certificate.get());
  const OpensslPtr<X509_STORE_CTX> verified(X509_STORE_CTX_new());
  const bool good =
      X509_STORE_CTX_init(verified.get(), cas.get(), shown->front().get(), chain.get()) == 1 &&
      X509_STORE_CTX_set_default(verified.get(), "ssl_client") == 1 &&
      X509_verify_cert(verified.get()) == 1;
  ERR_clear_error();
  if (!good) return WhyNot(verified.get());
  absl::Time until = absl::InfiniteFuture();
  const STACK_OF(X509)* const path = X509_STORE_CTX_get0_chain(verified.get());
  for (int i = 0; i < sk_X509_num(path); ++i) {
    until = std::min(until, tls::TimeOf(X509_get0_notAfter(sk_X509_value(path, i))));
  }
  return until;
}

}  // namespace greeter::admin
