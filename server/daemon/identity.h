// Who this greeterd is, among others and among its own starts.

#ifndef GREETER_DAEMON_IDENTITY_H_
#define GREETER_DAEMON_IDENTITY_H_

#include <string>
#include <vector>

#include "control/controller.h"
#include "daemon/options.h"

namespace greeter::daemon {

// As uname -n gives it.
std::string Hostname();

// Of a greeterd that starts now; `warnings` are what its operators should know. Its ID is the
// hostname and eight random hexadecimal digits: "web-1-5f0c93a7". Once, at start.
control::ServerIdentity NewIdentity(const Options& options, std::vector<std::string> warnings);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_IDENTITY_H_
