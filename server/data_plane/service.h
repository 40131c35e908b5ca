// What is served at an address: immutable, made for each change of a listener, shared by all
// workers.

#ifndef GREETER_DATA_PLANE_SERVICE_H_
#define GREETER_DATA_PLANE_SERVICE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "data_plane/admission.h"
#include "data_plane/counts.h"
#include "data_plane/greeting.h"
#include "data_plane/limits.h"

namespace greeter::data_plane {

struct Service {
  std::string listener;
  // The revision that made it.
  uint64_t revision = 0;
  Greeting greeting;
  Limits limits;
  // The listener's own, for as long as it exists.
  std::shared_ptr<ListenerCounts> counts;
  std::shared_ptr<Admission> admission;
};

}  // namespace greeter::data_plane

#endif  // GREETER_DATA_PLANE_SERVICE_H_
