// Keeps the admin port's certificates current: looks at their files every second or so, by content,
// so that it makes no difference how they are replaced (in place, by rename, or by swapping a
// symlink to their directory, as Kubernetes does).
//
// What doesn't belong together is never served. While files are replaced one by one there is a
// moment at which they don't, and a file that is being written may end, for a moment, between two
// certificates. So nothing counts, good or bad, until it has been read twice in a row; the
// certificates served before stay in force until all is well again, by itself.

#ifndef GREETER_ADMIN_CERTIFICATE_WATCH_H_
#define GREETER_ADMIN_CERTIFICATE_WATCH_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "admin/certificates.h"

namespace greeter::admin {

class CertificateWatch {
 public:
  // Reads `files` and looks at them again every `interval`. INVALID_ARGUMENT as the functions of
  // certificates.h; certificates that have expired are no error, for others may come.
  static absl::StatusOr<std::unique_ptr<CertificateWatch>> Start(CertificateFiles files,
                                                                 absl::Duration interval);

  // Ends the thread at once.
  ~CertificateWatch();
  CertificateWatch(const CertificateWatch&) = delete;
  CertificateWatch& operator=(const CertificateWatch&) = delete;

  // Those in force. Never null. Any thread.
  std::shared_ptr<const Certificates> current() const;

  // What is wrong with the files, and what expires soon; empty when all is well. Any thread.
  std::vector<std::string> Warnings() const;

 private:
  CertificateWatch(CertificateFiles files, absl::Duration interval, Certificates first);
  void Run();
  void Look();
  // `texts`, if they are good and better than what is in force.
  absl::StatusOr<Certificates> CheckNew(const CertificateTexts& texts) const;
  void Adopt(Certificates found);
  void Report(const absl::Status& fault);
  // Once a day.
  void LogExpiry();

  // Constant after construction.
  const CertificateFiles files_;
  const absl::Duration interval_;

  // Owned by the watch's thread.
  // Its digest.
  absl::StatusOr<std::string> last_reading_;
  absl::Time expiry_logged_ = absl::InfinitePast();

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::shared_ptr<const Certificates> current_;
  // Reported; empty for none.
  std::string fault_;

  std::thread thread_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_CERTIFICATE_WATCH_H_
