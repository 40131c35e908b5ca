#include "support/immutable.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "net/file_descriptor.h"

namespace greeter::testing {

bool SetImmutable(const std::string& path, bool on) {
  const net::FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  int flags = 0;
  if (ioctl(file.get(), FS_IOC_GETFLAGS, &flags) != 0) return false;
  flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
  return ioctl(file.get(), FS_IOC_SETFLAGS, &flags) == 0;
}

}  // namespace greeter::testing
