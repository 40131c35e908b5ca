// The options of the access log. For options.cc alone.

#ifndef GREETER_DAEMON_ACCESS_OPTIONS_H_
#define GREETER_DAEMON_ACCESS_OPTIONS_H_

#include "daemon/options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace greeter::daemon {

// Declares them; both must stay where they are until `app` has parsed.
void AddAccessLogOptions(CLI::App& app, Options& options);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_ACCESS_OPTIONS_H_
