// The file that an access log goes to, wherever that leads: a file that is rotated, a pipe that
// perhaps nobody reads, a full disk. Nothing here waits, but for a disk. Owned by one thread.

#ifndef GREETER_DAEMON_ACCESS_FILE_H_
#define GREETER_DAEMON_ACCESS_FILE_H_

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "net/file_descriptor.h"
#include "net/nonblocking_output.h"

namespace greeter::daemon {

class AccessFile {
 public:
  // In place of a path: standard output.
  static constexpr char kStandardOutput[] = "-";

  explicit AccessFile(std::string path) : path_(std::move(path)) {}

  // Opens it, anew if it is open, and makes it if it is not there. If that fails, what was open
  // stays so. UNAVAILABLE: a pipe that nobody reads yet. FAILED_PRECONDITION: anything else.
  absl::Status Open();
  bool is_open() const { return output_.has_value(); }
  // Whether the path leads elsewhere than to what is open: renamed or removed, by logrotate
  // perhaps.
  bool IsReplaced() const;

  // As write(2): what there is room for, or -1 and errno, EAGAIN if there is none.
  ssize_t Write(absl::string_view bytes);

 private:
  // Constant after construction.
  const std::string path_;

  // Owned by the thread. The second refers to the first.
  net::FileDescriptor file_;
  std::optional<net::NonblockingOutput> output_;
};

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_ACCESS_FILE_H_
