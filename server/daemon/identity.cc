#include "daemon/identity.h"

#include <sys/utsname.h>

#include <cstdint>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/version.h"

namespace greeter::daemon {

std::string Hostname() {
  utsname names = {};
  return uname(&names) == 0 ? names.nodename : "localhost";
}

control::ServerIdentity NewIdentity(const Options& options, std::vector<std::string> warnings) {
  std::random_device random;
  const absl::Hex digits(static_cast<uint32_t>(random()), absl::kZeroPad8);
  return {.server_id = absl::StrCat(Hostname(), "-", digits),
          .version = base::kVersion,
          .start_time = absl::Now(),
          .warnings = std::move(warnings),
          .config_file = options.config};
}

}  // namespace greeter::daemon
