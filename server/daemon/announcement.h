// What greeterd says on stdout once it serves: for people, and for programs that start it.

#ifndef GREETER_DAEMON_ANNOUNCEMENT_H_
#define GREETER_DAEMON_ANNOUNCEMENT_H_

#include <string>

#include "control/controller.h"

namespace greeter::daemon {

// A line for each listener that listens, one for the status page unless `page` is empty, then one
// for the admin service.
void Announce(const control::Snapshot& snapshot, const std::string& page,
              const std::string& admin_address);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_ANNOUNCEMENT_H_
