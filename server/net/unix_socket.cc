#include "net/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "net/errors.h"

namespace greeter::net {
namespace {

// Removes the file at `address` if it is the socket of a process that is gone.
absl::Status RemoveStale(const Address& address) {
  const std::string path = address.path();
  struct stat file = {};
  if (lstat(path.c_str(), &file) != 0) return absl::OkStatus();
  if (!S_ISSOCK(file.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat("can't listen on ", address.ToString(),
                     ": there is a file that is no socket; remove it or choose another path"));
  }
  const FileDescriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.valid()) return ListenError(address, errno);
  const bool refused =
      connect(probe.get(), address.data(), address.size()) != 0 && errno == ECONNREFUSED;
  if (!refused) return ListenError(address, EADDRINUSE);
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return ListenError(address, errno);
  return absl::OkStatus();
}

}  // namespace

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat file = {};
  if (lstat(path_.c_str(), &file) == 0) {
    device_ = file.st_dev;
    inode_ = file.st_ino;
  }
}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this != &other) {
    Remove();
    path_ = std::exchange(other.path_, {});
    device_ = other.device_;
    inode_ = other.inode_;
  }
  return *this;
}

void SocketFile::Remove() {
  if (path_.empty()) return;
  struct stat file = {};
  const bool ours =
      lstat(path_.c_str(), &file) == 0 && file.st_dev == device_ && file.st_ino == inode_;
  if (ours) unlink(path_.c_str());
  path_.clear();
}

absl::StatusOr<UnixListener> BindUnix(const Address& address, mode_t mode) {
  const absl::Status stale = RemoveStale(address);
  if (!stale.ok()) return stale;
  FileDescriptor socket_fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_fd.valid()) return ListenError(address, errno);
  // The file is created with the socket's own mode less the umask (unix_bind() in Linux): no moment
  // at which it is more open than asked for. chmod() then undoes the umask.
  if (fchmod(socket_fd.get(), mode) != 0 ||
      bind(socket_fd.get(), address.data(), address.size()) != 0) {
    return ListenError(address, errno);
  }
  SocketFile file(address.path());
  if (chmod(address.path().c_str(), mode) != 0) return ListenError(address, errno);
  return UnixListener{std::move(socket_fd), std::move(file)};
}

absl::StatusOr<UnixListener> ListenUnix(const Address& address, int backlog, mode_t mode,
                                        std::optional<gid_t> group) {
  absl::StatusOr<UnixListener> listener = BindUnix(address, mode);
  if (listener.ok() && group.has_value() &&
      lchown(address.path().c_str(), static_cast<uid_t>(-1), *group) != 0) {
    return SystemError(absl::StrCat("can't give ", address.path(), " to group ", *group), errno);
  }
  if (listener.ok() && listen(listener->socket.get(), backlog) != 0) {
    return ListenError(address, errno);
  }
  return listener;
}

}  // namespace greeter::net
