// How the data plane is to run, from the options and from what this machine allows.

#ifndef GREETER_DAEMON_ENGINE_OPTIONS_H_
#define GREETER_DAEMON_ENGINE_OPTIONS_H_

#include <string>
#include <vector>

#include "daemon/options.h"
#include "data_plane/engine.h"

namespace greeter::daemon {

// `descriptors` is the data plane's part of the budget. Adds to `warnings` what the operator should
// know of this machine. Tries a gate on a loopback port; once, at start.
data_plane::Engine::Options EngineOptions(const Options& options, int descriptors,
                                          std::vector<std::string>* warnings);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_ENGINE_OPTIONS_H_
