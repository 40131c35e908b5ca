// A file that is open, and whether its name still leads to it.

#ifndef GREETER_STORE_OPEN_FILE_H_
#define GREETER_STORE_OPEN_FILE_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace greeter::store {

// Remembers the file by device and inode, and opens nothing: closing a descriptor of a file that
// SQLite has open would drop SQLite's locks (POSIX's advisory locks are that way). Any thread.
class OpenFile {
 public:
  // The file at `path` as it is now. FAILED_PRECONDITION and others if there is none.
  static absl::StatusOr<OpenFile> At(std::string path);

  // UNAVAILABLE if the path leads to no file or to another, with what to do about it.
  absl::Status CheckInPlace() const;

 private:
  OpenFile(std::string path, dev_t device, ino_t inode);

  std::string path_;
  dev_t device_;
  ino_t inode_;
};

}  // namespace greeter::store

#endif  // GREETER_STORE_OPEN_FILE_H_
