#include "probe/options.h"

#include "absl/strings/str_cat.h"

namespace greeter::probe {

absl::Status Validate(const Options& options) {
  if (options.targets.empty()) return absl::InvalidArgumentError("no target: name an address");
  for (const Target& target : options.targets) {
    if (target.addresses.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("target: ", target.text, " has no address"));
    }
  }
  if (options.in_flight < 1 || options.in_flight > 1'000'000) {
    return absl::InvalidArgumentError(
        absl::StrCat("in_flight: ", options.in_flight, " is not in 1 to 1000000"));
  }
  if (!(options.rate >= 0 && options.rate <= 1e7)) {
    return absl::InvalidArgumentError(
        absl::StrCat("rate: ", options.rate, " is not in 0 (closed loop) to 10000000 a second"));
  }
  if (options.duration <= absl::ZeroDuration() || options.timeout <= absl::ZeroDuration() ||
      options.connect_patience <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("duration, timeout and connect_patience must be above zero");
  }
  if (options.source_addresses < 0 || options.source_addresses > 65'000) {
    return absl::InvalidArgumentError(
        absl::StrCat("source_addresses: ", options.source_addresses, " is not in 0 to 65000"));
  }
  return absl::OkStatus();
}

}  // namespace greeter::probe
