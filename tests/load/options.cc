#include "load/options.h"

#include "absl/strings/str_cat.h"

namespace greeter::load {

absl::Status Validate(const Options& options) {
  if (options.targets.empty()) return absl::InvalidArgumentError("no target: name an address");
  if (options.expected.size() > 32) {
    return absl::InvalidArgumentError(absl::StrCat("expected: ", options.expected.size(),
                                                   " alternatives; at most 32 can be told apart"));
  }
  if (options.in_flight < 1 || options.in_flight > 1'000'000) {
    return absl::InvalidArgumentError(
        absl::StrCat("in_flight: ", options.in_flight, " is not in 1 to 1000000"));
  }
  if (!(options.rate >= 0 && options.rate <= 1e7)) {
    return absl::InvalidArgumentError(
        absl::StrCat("rate: ", options.rate, " is not in 0 (closed loop) to 10000000 a second"));
  }
  if (options.duration <= absl::ZeroDuration() || options.timeout <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("duration and timeout must be above zero");
  }
  if (options.source_addresses < 0 || options.source_addresses > 65'000) {
    return absl::InvalidArgumentError(
        absl::StrCat("source_addresses: ", options.source_addresses, " is not in 0 to 65000"));
  }
  return absl::OkStatus();
}

}  // namespace greeter::load
