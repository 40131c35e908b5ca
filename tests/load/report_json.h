// A report for programs, as tests/bench/ reads it.

#ifndef GREETER_LOAD_REPORT_JSON_H_
#define GREETER_LOAD_REPORT_JSON_H_

#include <string>

#include "probe/report.h"

namespace greeter::load {

// One JSON object, without a line feed: outcomes by name, "connections",
// "connections_per_second", "elapsed_s", "cpu_s", and per histogram p50, p90, p99, p999, max and
// mean in microseconds.
std::string ToJson(const probe::Report& report);

}  // namespace greeter::load

#endif  // GREETER_LOAD_REPORT_JSON_H_
