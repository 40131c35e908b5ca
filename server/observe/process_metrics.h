// What every Prometheus client says of its process, by the names that dashboards know.

#ifndef GREETER_OBSERVE_PROCESS_METRICS_H_
#define GREETER_OBSERVE_PROCESS_METRICS_H_

#include <vector>

#include "prometheus/metric_family.h"

namespace greeter::observe {

// CPU time, memory and descriptors, from /proc/self; what can't be read is left out. Takes a
// descriptor for a moment. Any thread.
std::vector<prometheus::MetricFamily> ProcessMetrics();

}  // namespace greeter::observe

#endif  // GREETER_OBSERVE_PROCESS_METRICS_H_
