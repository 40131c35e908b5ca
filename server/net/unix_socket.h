// Listening on a unix socket, and the file that comes with it.

#ifndef GREETER_NET_UNIX_SOCKET_H_
#define GREETER_NET_UNIX_SOCKET_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "net/address.h"
#include "net/file_descriptor.h"

namespace greeter::net {

// The file of a bound unix socket. Destroying it removes the file, unless another process has put
// its own in that place. Any thread, one at a time.
class SocketFile {
 public:
  SocketFile() = default;
  ~SocketFile() { Remove(); }
  SocketFile(SocketFile&& other) noexcept { *this = std::move(other); }
  SocketFile& operator=(SocketFile&& other) noexcept;
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

  // Remembers the file at `path`, just bound.
  explicit SocketFile(std::string path);

  void Remove();

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

struct UnixListener {
  // Non-blocking.
  FileDescriptor socket;
  SocketFile file;
};

// As ListenUnix(), but does not listen yet: clients are refused.
absl::StatusOr<UnixListener> BindUnix(const Address& address, mode_t mode);

// Listens on `address`, a unix socket, whose file gets permissions `mode` and, if there is one,
// `group`, before anyone can connect. A file left behind by a process that is gone is replaced.
// FAILED_PRECONDITION if the path is in use or is no socket, or may not be given to that group.
absl::StatusOr<UnixListener> ListenUnix(const Address& address, int backlog, mode_t mode,
                                        std::optional<gid_t> group = std::nullopt);

}  // namespace greeter::net

#endif  // GREETER_NET_UNIX_SOCKET_H_
