// The directory in which one greeterd keeps its state, claimed for this process.

#ifndef GREETER_STORE_STATE_DIRECTORY_H_
#define GREETER_STORE_STATE_DIRECTORY_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace greeter::store {

// Holds the claim, a lock on the file greeter.lock, until destroyed or until the process ends,
// however it does. One thread at a time.
class StateDirectory {
 public:
  // Creates `path` (mode 0700) and the directories above it where they are missing, so that they
  // survive a loss of power, and claims it.
  // The errors are for the person who gave `path`: PERMISSION_DENIED, FAILED_PRECONDITION (no
  // directory; in use, naming the holder's process id), UNAVAILABLE (no space, I/O errors).
  static absl::StatusOr<StateDirectory> Claim(const std::string& path);

  ~StateDirectory();
  StateDirectory(StateDirectory&& other) noexcept
      : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;
  StateDirectory& operator=(StateDirectory&&) = delete;

  const std::string& path() const { return path_; }
  // The path of the file called `name` in it.
  std::string FileNamed(const std::string& name) const;

  // Makes the names in it durable. UNAVAILABLE.
  absl::Status Sync() const;

 private:
  StateDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  // Constant after construction.
  std::string path_;
  int lock_;
};

// The error of a system call on `path` that failed with `error` (an errno) while trying to `verb`
// it: "can't create /var/lib/greeter: Permission denied; ...". Names the owner where that is the
// matter. Any thread.
absl::Status FileError(const std::string& verb, const std::string& path, int error);

}  // namespace greeter::store

#endif  // GREETER_STORE_STATE_DIRECTORY_H_
