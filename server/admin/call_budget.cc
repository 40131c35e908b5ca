#include "admin/call_budget.h"

#include <algorithm>

namespace greeter::admin {
namespace {

using std::chrono::nanoseconds;
constexpr nanoseconds kForgotten = nanoseconds(std::chrono::seconds(1)) / kAbandonedPerSecond;
// Calls that begin at once although there is no place.
constexpr int kBurst = 16;

}  // namespace

CallBudget::Verdict CallBudget::Ask(size_t open, bool waited, Time now) {
  if (waiting_ > 0 && !waited) return Verdict::kWait;
  const nanoseconds left = std::max(nanoseconds(forgotten_at_ - now), nanoseconds(0));
  const auto abandoned = static_cast<size_t>(left / kForgotten);
  if (open_ + abandoned >= kMostCalls) {
    if (open >= kFewCalls) return Verdict::kRefuse;
    if (!beyond_.TryTake(kAbandonedPerSecond, kBurst, now)) return Verdict::kWait;
  }
  ++open_;
  return Verdict::kBegin;
}

void CallBudget::Abandoned(size_t count, Time now) {
  open_ -= count;
  forgotten_at_ = std::max(forgotten_at_, now) + kForgotten * count;
}

}  // namespace greeter::admin
