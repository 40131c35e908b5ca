// Arithmetic with counts.

#ifndef GREETER_CONTROL_CONNECTION_COUNTS_H_
#define GREETER_CONTROL_CONNECTION_COUNTS_H_

#include "control/api.h"

namespace greeter::control {

// Adds each of `counts` to that of `total`. Any thread.
void Add(const api::ConnectionCounts& counts, api::ConnectionCounts& total);

}  // namespace greeter::control

#endif  // GREETER_CONTROL_CONNECTION_COUNTS_H_
