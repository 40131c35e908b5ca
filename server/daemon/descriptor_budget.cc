#include "daemon/descriptor_budget.h"

#include <algorithm>

namespace greeter::daemon {
namespace {

constexpr int kLeastReserve = 64;
constexpr int kMostReserve = 1024;
constexpr int kMostHttpConnections = 16;

}  // namespace

DescriptorBudget DivideDescriptors(int limit) {
  const int reserve = std::clamp(limit / 8, std::min(kLeastReserve, limit / 2), kMostReserve);
  return {limit - reserve, reserve / 2, std::clamp(reserve / 8, 3, kMostHttpConnections)};
}

}  // namespace greeter::daemon
