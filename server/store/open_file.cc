#include "store/open_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/state_directory.h"

namespace greeter::store {

absl::StatusOr<OpenFile> OpenFile::At(std::string path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return FileError("look at", path, errno);
  return OpenFile(std::move(path), status.st_dev, status.st_ino);
}

OpenFile::OpenFile(std::string path, dev_t device, ino_t inode)
    : path_(std::move(path)), device_(device), inode_(inode) {}

absl::Status OpenFile::CheckInPlace() const {
  struct stat status = {};
  if (stat(path_.c_str(), &status) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) {
      return absl::UnavailableError(FileError("look at", path_, errno).message());
    }
    return absl::UnavailableError(absl::StrCat(
        path_,
        " has been deleted or moved while greeterd uses it; put it back, or save the config "
        "(greeterctl config get > FILE) and restart greeterd with it (--config FILE)"));
  }
  if (status.st_dev == device_ && status.st_ino == inode_) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(
      path_,
      " is another file by now than the one that greeterd uses; put that one back, or restart "
      "greeterd to begin with the new one"));
}

}  // namespace greeter::store
