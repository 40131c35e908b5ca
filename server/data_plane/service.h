// What is served at an address: immutable, made for each change of a listener, shared by all
// workers.

#ifndef GREETER_DATA_PLANE_SERVICE_H_
#define GREETER_DATA_PLANE_SERVICE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "data_plane/counts.h"
#include "data_plane/greeting.h"

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

  bool operator==(const Limits&) const = default;
};

struct Service {
  std::string listener;
  // The revision that made it.
  uint64_t revision = 0;
  Greeting greeting;
  Limits limits;
  std::shared_ptr<ListenerCounts> counts;
};

}  // namespace greeter::data_plane

#endif  // GREETER_DATA_PLANE_SERVICE_H_
