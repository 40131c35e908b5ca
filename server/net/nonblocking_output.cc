#include "net/nonblocking_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>

namespace greeter::net {
namespace {

// How much of `data` fits in for certain where poll(2) says that there is room. A pipe then has a
// whole buffer free. A terminal makes several steps of it, line feeds being steps of their own, and
// may run out of buffers after the first (n_tty_write() and pty_write() in Linux).
size_t FitsIn(mode_t kind, const char* data, size_t size) {
  constexpr size_t kTerminalStep = 128;
  if (!S_ISCHR(kind)) return std::min<size_t>(size, PIPE_BUF);
  const size_t plain = std::find(data, data + size, '\n') - data;
  return std::clamp<size_t>(plain, 1, kTerminalStep);
}

}  // namespace

NonblockingOutput::NonblockingOutput(int descriptor) : shared_(descriptor) {
  struct stat status = {};
  if (fstat(shared_, &status) != 0) return;
  kind_ = status.st_mode;
  if (S_ISREG(status.st_mode)) {
    way_ = Way::kFile;
  } else if (S_ISSOCK(status.st_mode)) {
    way_ = Way::kSocket;
  } else {
    const std::string path = "/proc/self/fd/" + std::to_string(shared_);
    own_ = FileDescriptor(open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (own_.valid()) way_ = Way::kOwn;
  }
}

ssize_t NonblockingOutput::Write(const char* data, size_t size) {
  switch (way_) {
    case Way::kSocket:
      return send(shared_, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    case Way::kOwn:
      return write(own_.get(), data, size);
    case Way::kFile:
      return write(shared_, data, size);
    case Way::kShared:
      break;
  }
  pollfd room = {shared_, POLLOUT, 0};
  if (poll(&room, 1, 0) == 0) {
    errno = EAGAIN;
    return -1;
  }
  return write(shared_, data, FitsIn(kind_, data, size));
}

}  // namespace greeter::net
