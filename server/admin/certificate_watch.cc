#include "admin/certificate_watch.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "spdlog/spdlog.h"

namespace greeter::admin {
namespace {

constexpr absl::Duration kExpiryLogInterval = absl::Hours(24);

bool IsValid(const Certificates& certificates, absl::Time now) {
  return now >= certificates.server_begins && now < certificates.server_expires;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CertificateWatch>> CertificateWatch::Start(CertificateFiles files,
                                                                          absl::Duration interval) {
  absl::StatusOr<CertificateTexts> texts = ReadCertificateFiles(files);
  if (!texts.ok()) return texts.status();
  absl::StatusOr<Certificates> first = CheckCertificates(files, *texts);
  if (!first.ok()) return first.status();
  std::unique_ptr<CertificateWatch> watch(
      new CertificateWatch(std::move(files), interval, *std::move(first)));
  watch->LogExpiry();
  watch->thread_ = std::thread(&CertificateWatch::Run, watch.get());
  return watch;
}

CertificateWatch::CertificateWatch(CertificateFiles files, absl::Duration interval,
                                   Certificates first)
    : files_(std::move(files)),
      interval_(interval),
      current_(std::make_shared<const Certificates>(std::move(first))) {}

CertificateWatch::~CertificateWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const Certificates> CertificateWatch::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::vector<std::string> CertificateWatch::Warnings() const {
  std::string fault;
  std::shared_ptr<const Certificates> certificates;
  {
    const std::lock_guard lock(mutex_);
    fault = fault_;
    certificates = current_;
  }
  std::vector<std::string> warnings = ExpiryWarnings(*certificates, absl::Now());
  if (!fault.empty()) warnings.push_back(std::move(fault));
  return warnings;
}

void CertificateWatch::Run() {
  std::unique_lock lock(mutex_);
  while (
      !wake_.wait_for(lock, absl::ToChronoNanoseconds(interval_), [this] { return stopping_; })) {
    lock.unlock();
    Look();
    LogExpiry();
    lock.lock();
  }
}

void CertificateWatch::Look() {
  const absl::StatusOr<CertificateTexts> texts = ReadCertificateFiles(files_);
  const absl::StatusOr<std::string> digest =
      texts.ok() ? DigestOf(*texts) : absl::StatusOr<std::string>(texts.status());
  const absl::StatusOr<std::string> before = std::exchange(last_reading_, digest);
  if (before != digest) return;
  if (!texts.ok()) return Report(texts.status());
  if (*digest != current()->digest) {
    absl::StatusOr<Certificates> found = CheckNew(*texts);
    if (!found.ok()) return Report(found.status());
    Adopt(*std::move(found));
  }
  Report(absl::OkStatus());
}

absl::StatusOr<Certificates> CertificateWatch::CheckNew(const CertificateTexts& texts) const {
  const std::shared_ptr<const Certificates> before = current();
  absl::StatusOr<Certificates> found = CheckCertificates(files_, texts);
  const absl::Time now = absl::Now();
  if (found.ok() && !IsValid(*found, now) && IsValid(*before, now)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--admin-cert ", files_.certificate, ": has expired or is not valid yet"));
  }
  return found;
}

void CertificateWatch::Adopt(Certificates found) {
  {
    const std::lock_guard lock(mutex_);
    current_ = std::make_shared<const Certificates>(std::move(found));
  }
  expiry_logged_ = absl::InfinitePast();
  spdlog::info("admin: the certificates have changed, and are in force");
}

void CertificateWatch::Report(const absl::Status& fault) {
  std::string text;
  if (!fault.ok()) {
    text = absl::StrCat(
        "the admin port's certificate files can't be used, so those read before "
        "stay in force: ",
        fault.message());
  }
  {
    const std::lock_guard lock(mutex_);
    if (text == fault_) return;
    fault_ = text;
  }
  if (text.empty()) {
    spdlog::info("admin: the certificate files are in order again");
  } else {
    spdlog::warn("admin: {}", text);
  }
}

void CertificateWatch::LogExpiry() {
  const absl::Time now = absl::Now();
  if (now < expiry_logged_ + kExpiryLogInterval) return;
  expiry_logged_ = now;
  for (const std::string& warning : ExpiryWarnings(*current(), now)) {
    spdlog::warn("admin: {}", warning);
  }
}

}  // namespace greeter::admin
