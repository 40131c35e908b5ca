#include "daemon/descriptor_budget.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "net/descriptor_limit.h"

namespace greeter::daemon {
namespace {

// What is open in any case, twice over.
constexpr int kLeastLimit = 64;
constexpr int kLeastReserve = 64;
constexpr int kMostReserve = 1024;
constexpr int kMostHttpConnections = 16;

}  // namespace

absl::Status CheckDescriptorLimit(int limit) {
  if (limit >= kLeastLimit) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("this process may have ", limit, " files open, and needs ", kLeastLimit,
                   " at least; raise the limit (ulimit -n, or LimitNOFILE= in systemd)"));
}

DescriptorBudget DivideDescriptors(int limit) {
  const int reserve = std::clamp(limit / 8, std::min(kLeastReserve, limit / 2), kMostReserve);
  return {limit - reserve, reserve / 2, std::clamp(reserve / 8, 3, kMostHttpConnections)};
}

absl::StatusOr<DescriptorBudget> PlanDescriptors() {
  const int limit = net::RaiseDescriptorLimit();
  if (absl::Status few = CheckDescriptorLimit(limit); !few.ok()) return few;
  return DivideDescriptors(limit);
}

}  // namespace greeter::daemon
