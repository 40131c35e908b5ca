#include "data_plane/admission.h"

namespace greeter::data_plane {

Admission::Ticket Admission::Ask(const Limits& limits, std::chrono::steady_clock::time_point now) {
  Ticket ticket;
  ticket.has_place = limits.max_connections != 0 && TryTakePlace(limits.max_connections);
  const bool full = limits.max_connections != 0 && !ticket.has_place;
  if (full ||
      (limits.accept_rate != 0 && !rate_.TryTake(limits.accept_rate, limits.accept_burst, now))) {
    if (ticket.has_place) LeavePlace();
    if (limits.overflow == Overflow::kReject) return {Verdict::kReject};
    if (full) return {Verdict::kWait};
    return {Verdict::kWait, false, rate_.Wait(limits.accept_rate, limits.accept_burst, now)};
  }
  return ticket;
}

void Admission::Return(const Ticket& ticket, const Limits& limits) {
  if (ticket.has_place) LeavePlace();
  if (ticket.verdict == Verdict::kGreet && limits.accept_rate != 0) {
    rate_.GiveBack(limits.accept_rate);
  }
}

// Never above `places`, not even for a moment: another worker would be refused for nothing.
bool Admission::TryTakePlace(uint32_t places) {
  uint32_t taken = places_taken_.load(std::memory_order_relaxed);
  while (taken < places) {
    if (places_taken_.compare_exchange_weak(taken, taken + 1, std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

}  // namespace greeter::data_plane
