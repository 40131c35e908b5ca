// Decides, for one listener and all its workers together, whether the next connection may come in:
// the places of max_connections and the rate of accept_rate. What is not limited costs nothing.

#ifndef GREETER_DATA_PLANE_ADMISSION_H_
#define GREETER_DATA_PLANE_ADMISSION_H_

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/rate_limit.h"
#include "data_plane/limits.h"

namespace greeter::data_plane {

// Any thread.
class Admission {
 public:
  enum class Verdict {
    // Accept and greet it.
    kGreet,
    // Accept and close it.
    kReject,
    // Leave it in the accept queue.
    kWait,
  };

  struct Ticket {
    Verdict verdict = Verdict::kGreet;
    // It takes one of max_connections' places; LeavePlace() when it ends.
    bool has_place = false;
    // If it waits: when to ask again, from now. max(): when a place has been left.
    std::chrono::nanoseconds wait = std::chrono::nanoseconds::max();
  };

  // Asked before each accept. Limits may differ from call to call.
  Ticket Ask(const Limits& limits, std::chrono::steady_clock::time_point now);

  // There was no connection to accept after all.
  void Return(const Ticket& ticket, const Limits& limits);

  void LeavePlace() { places_taken_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  bool TryTakePlace(uint32_t places);

  std::atomic<uint32_t> places_taken_ = 0;
  base::RateLimit rate_;
};

}  // namespace greeter::data_plane

#endif  // GREETER_DATA_PLANE_ADMISSION_H_
