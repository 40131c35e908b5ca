// Bounds on what the clients of one listener can hold; see api Limits for units and defaults.

#ifndef GREETER_DATA_PLANE_LIMITS_H_
#define GREETER_DATA_PLANE_LIMITS_H_

#include <chrono>
#include <cstdint>

namespace greeter::data_plane {

// What happens to connections beyond Limits::max_connections or Limits::accept_rate.
enum class Overflow {
  // They wait in the kernel's accept queue.
  kWait,
  // They are accepted and closed at once, without a greeting.
  kReject,
};

struct Limits {
  // Open at the same time, over all workers; 0 for no limit.
  uint32_t max_connections = 0;
  // Greeted per second on average, over all workers, and how many at once after a pause (then at
  // least 1); 0 for no limit.
  uint32_t accept_rate = 0;
  uint32_t accept_burst = 0;
  Overflow overflow = Overflow::kWait;
  // From acceptance until the kernel has taken the whole greeting.
  std::chrono::nanoseconds write_timeout = std::chrono::seconds(30);
  // From our end of stream until the client's.
  std::chrono::nanoseconds linger_timeout = std::chrono::seconds(5);
};

}  // namespace greeter::data_plane

#endif  // GREETER_DATA_PLANE_LIMITS_H_
