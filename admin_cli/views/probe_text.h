// A probe for people: texts of whole lines. Nothing that came from a server reaches a terminal as a
// control character.

#ifndef GREETER_ADMIN_CLI_VIEWS_PROBE_TEXT_H_
#define GREETER_ADMIN_CLI_VIEWS_PROBE_TEXT_H_

#include <cstdint>
#include <string>

#include "admin_cli/views/probe_result.h"
#include "greeter/probe/v1/probe.pb.h"
#include "probe/histogram.h"

namespace greeter::admin_cli {

// How it went, what was not as expected, how long it took; some lines for one connection, tables
// for many.
std::string RenderProbe(const ProbeResult& result);

// How the latencies are spread: a bar for each class. Empty if there are none.
std::string RenderHistogram(const probe::Histogram& histogram);

// One line without a line feed: how far a run is. `portion` is from 0 to 1.
std::string RenderProgress(double portion, uint64_t finished, uint64_t unexpected);

// 1234567 as "1,234,567".
std::string WithCommas(uint64_t number);

// For -o json and -o yaml.
greeter::probe::v1::ProbeReport ToMessage(const ProbeResult& result);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_VIEWS_PROBE_TEXT_H_
