#include "store/state_directory.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace greeter::store {
namespace {

constexpr char kLockFile[] = "greeter.lock";

std::string UserName(uid_t uid) {
  std::vector<char> buffer(4096);
  passwd entry = {};
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return entry.pw_name;
  }
  return absl::StrCat("user ", uid);
}

// What there is of `path`: itself or the nearest directory above it.
std::filesystem::path NearestExisting(std::filesystem::path path) {
  std::error_code error;
  path = std::filesystem::absolute(path, error);
  while (!std::filesystem::exists(path, error) && path.has_relative_path()) {
    path = path.parent_path();
  }
  return path;
}

// Why this user may not, and what to do: ownership or mode of `path`, or of what is above it.
std::string Remedy(const std::string& path) {
  const std::string existing = NearestExisting(path).string();
  struct stat status = {};
  if (stat(existing.c_str(), &status) != 0) {
    return absl::StrCat("greeterd runs as ", UserName(geteuid()),
                        "; give a directory of its own with --state-dir");
  }
  if (status.st_uid == geteuid()) {
    return absl::StrFormat(
        "its mode is %04o; chmod u+w %s, or give another directory with --state-dir",
        status.st_mode & 07777, existing);
  }
  return absl::StrCat(existing, " belongs to ", UserName(status.st_uid), ", and greeterd runs as ",
                      UserName(geteuid()),
                      "; change its owner, or give another directory with --state-dir");
}

// Makes the names in `path` durable.
absl::Status SyncDirectory(const std::string& path) {
  const int directory = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return FileError("open", path, errno);
  const int error = fsync(directory) == 0 ? 0 : errno;
  close(directory);
  return error == 0 ? absl::OkStatus() : FileError("write", path, error);
}

absl::Status CreateDirectories(const std::filesystem::path& path) {
  std::filesystem::path made;
  for (const std::filesystem::path& part : path) {
    made /= part;
    if (mkdir(made.c_str(), 0700) == 0) {
      const std::string above = made.parent_path().string();
      const absl::Status synced = SyncDirectory(above.empty() ? "." : above);
      if (!synced.ok()) return synced;
      continue;
    }
    if (errno == EEXIST || errno == EISDIR) continue;
    // A directory that is there may lie where nothing can be created.
    const int error = errno;
    struct stat status = {};
    if (stat(made.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) continue;
    return FileError("create", made.string(), error);
  }
  return absl::OkStatus();
}

std::string Holder(int lock) {
  std::array<char, 32> text = {};
  const ssize_t size = pread(lock, text.data(), text.size() - 1, 0);
  const absl::string_view pid = absl::StripAsciiWhitespace(
      absl::string_view(text.data(), size > 0 ? static_cast<size_t>(size) : 0));
  return pid.empty() ? "another greeterd" : absl::StrCat("another greeterd, process ", pid);
}

}  // namespace

absl::Status FileError(const std::string& verb, const std::string& path, int error) {
  const std::string what = absl::StrCat("can't ", verb, " ", path, ": ", std::strerror(error));
  switch (error) {
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(absl::StrCat(what, "; ", Remedy(path)));
    case ENOTDIR:
    case EROFS:
    case ELOOP:
    case ENAMETOOLONG:
      return absl::FailedPreconditionError(
          absl::StrCat(what, "; give another directory with --state-dir"));
    default:
      return absl::UnavailableError(what);
  }
}

absl::StatusOr<StateDirectory> StateDirectory::Claim(const std::string& path) {
  if (path.empty()) {
    return absl::FailedPreconditionError(
        "the state directory has no name; give one with --state-dir, or \"none\" to keep state in "
        "memory only");
  }
  const absl::Status created = CreateDirectories(path);
  if (!created.ok()) return created;
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return FileError("look at", path, errno);
  if (!S_ISDIR(status.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the state directory ", path, " is a file; give a directory with --state-dir"));
  }
  if (faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
    return FileError("write in", path, errno);
  }

  const std::string lock_path = absl::StrCat(path, "/", kLockFile);
  const int lock = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) return FileError("open", lock_path, errno);
  StateDirectory directory(path, lock);
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return FileError("lock", lock_path, errno);
    return absl::FailedPreconditionError(
        absl::StrCat("the state directory ", path, " is in use by ", Holder(lock),
                     "; stop that one, or give this one its own with --state-dir"));
  }
  // For the next one's message alone, so a full disk does not matter.
  const std::string pid = absl::StrCat(getpid(), "\n");
  if (ftruncate(lock, 0) != 0 || pwrite(lock, pid.data(), pid.size(), 0) < 0) errno = 0;
  return directory;
}

StateDirectory::~StateDirectory() {
  if (lock_ >= 0) close(lock_);
}

std::string StateDirectory::FileNamed(const std::string& name) const {
  return absl::StrCat(path_, "/", name);
}

absl::Status StateDirectory::Sync() const { return SyncDirectory(path_); }

}  // namespace greeter::store
