// What greeterd says on stdout once it serves: for people, and for programs that start it.

#ifndef GREETER_DAEMON_ANNOUNCEMENT_H_
#define GREETER_DAEMON_ANNOUNCEMENT_H_

#include <string>

#include "control/controller.h"

namespace greeter::daemon {

// Where greeterd can be reached by others than clients of its listeners.
struct Surfaces {
  // The status page's URL; empty for none.
  std::string page;
  // The address of health alone; empty for none.
  std::string health;
  std::string admin;
  // The admin service demands certificates.
  bool admin_has_tls = false;
};

// A line for each listener that listens and for each surface that there is, the admin service last.
void Announce(const control::Snapshot& snapshot, const Surfaces& surfaces);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_ANNOUNCEMENT_H_
