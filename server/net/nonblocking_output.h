// Writing to a descriptor without ever waiting, where the descriptor itself must stay as it is.
//
// O_NONBLOCK belongs to the open file, not to the descriptor: set on stderr, it would be set for
// the shell, too, and for everyone else who has it open.

#ifndef GREETER_NET_NONBLOCKING_OUTPUT_H_
#define GREETER_NET_NONBLOCKING_OUTPUT_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "net/file_descriptor.h"

namespace greeter::net {

// One thread at a time.
class NonblockingOutput {
 public:
  // For `descriptor`, which stays the caller's, and open. Opens its file once more if it can.
  explicit NonblockingOutput(int descriptor);

  // As write(2): what there is room for, or -1, with EAGAIN if there is none. SIGPIPE is the
  // caller's matter. Files on disks always have room.
  ssize_t Write(const char* data, size_t size);

  // To wait for room with poll(2).
  int descriptor() const { return own_.valid() ? own_.get() : shared_; }

 private:
  enum class Way : uint8_t {
    kFile,
    kSocket,
    // Opened once more, without blocking.
    kOwn,
    // Not to be opened once more, as a pipe or a terminal of another user's: asked for room before
    // each write. If others write there at the same moment, this waits after all.
    kShared,
  };

  // Constant after construction.
  const int shared_;
  FileDescriptor own_;
  Way way_ = Way::kShared;
  // As in st_mode of stat(2).
  mode_t kind_ = 0;
};

}  // namespace greeter::net

#endif  // GREETER_NET_NONBLOCKING_OUTPUT_H_
