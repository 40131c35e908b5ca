#include "daemon/access_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace greeter::daemon {

absl::Status AccessFile::Open() {
  if (path_ == kStandardOutput) {
    output_.emplace(STDOUT_FILENO);
    return absl::OkStatus();
  }
  // As a log has it: for its owner to write and its group to read.
  constexpr mode_t kMode = 0640;
  net::FileDescriptor file(open(
      path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, kMode));
  if (!file.valid()) {
    const int error = errno;
    if (error == ENXIO) return absl::UnavailableError(absl::StrCat("nobody reads ", path_));
    return absl::FailedPreconditionError(
        absl::StrCat("can't write ", path_, ": ", std::strerror(error)));
  }
  output_.emplace(file.get());
  file_ = std::move(file);
  return absl::OkStatus();
}

bool AccessFile::IsReplaced() const {
  if (path_ == kStandardOutput || !is_open()) return false;
  struct stat there = {};
  struct stat opened = {};
  if (fstat(file_.get(), &opened) != 0) return false;
  if (stat(path_.c_str(), &there) != 0) return errno == ENOENT;
  return there.st_dev != opened.st_dev || there.st_ino != opened.st_ino;
}

ssize_t AccessFile::Write(absl::string_view bytes) {
  return output_->Write(bytes.data(), bytes.size());
}

}  // namespace greeter::daemon
