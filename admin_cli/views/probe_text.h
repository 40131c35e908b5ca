// A probe for people: texts of whole lines. Nothing that came from a server reaches a terminal as a
// control character.

#ifndef GREETER_ADMIN_CLI_VIEWS_PROBE_TEXT_H_
#define GREETER_ADMIN_CLI_VIEWS_PROBE_TEXT_H_

#include <cstddef>
#include <string>

#include "admin_cli/terminal/look.h"
#include "admin_cli/views/probe_result.h"
#include "greeter/probe/v1/probe.pb.h"
#include "probe/histogram.h"

namespace greeter::admin_cli {

// How it went, what was not as expected, how long it took; some lines for one connection, tables
// for many.
std::string RenderProbe(const ProbeResult& result);

// How the latencies are spread: a bar for each class, in lines of at most `columns`, but 40 at
// least. Empty if there are none.
std::string RenderHistogram(const probe::Histogram& histogram, size_t columns, const Look& look);

// For -o json and -o yaml.
greeter::probe::v1::ProbeReport ToMessage(const ProbeResult& result);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_VIEWS_PROBE_TEXT_H_
