// Who this greeterd is, among others and among its own starts.

#ifndef GREETER_DAEMON_IDENTITY_H_
#define GREETER_DAEMON_IDENTITY_H_

#include <string>

namespace greeter::daemon {

// As uname -n gives it.
std::string Hostname();

// The hostname and eight random hexadecimal digits: "web-1-5f0c93a7".
std::string NewServerId();

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_IDENTITY_H_
