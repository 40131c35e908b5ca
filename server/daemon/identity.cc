#include "daemon/identity.h"

#include <sys/utsname.h>

#include <cstdint>
#include <random>

#include "absl/strings/str_cat.h"

namespace greeter::daemon {

std::string Hostname() {
  utsname names = {};
  return uname(&names) == 0 ? names.nodename : "localhost";
}

std::string NewServerId() {
  std::random_device random;
  return absl::StrCat(Hostname(), "-", absl::Hex(static_cast<uint32_t>(random()), absl::kZeroPad8));
}

}  // namespace greeter::daemon
