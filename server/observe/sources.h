// What there is to be observed, and where: everything that metrics and page show is asked for when
// somebody looks, nothing is pushed.

#ifndef GREETER_OBSERVE_SOURCES_H_
#define GREETER_OBSERVE_SOURCES_H_

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "control/controller.h"
#include "data_plane/connection_log.h"
#include "data_plane/counts.h"
#include "observe/admin_calls.h"

namespace greeter::observe {

// All may be asked on any thread, and outlive whoever holds this.
struct Sources {
  control::Controller* controller = nullptr;
  // As the API's GetStatus; asked after the controller's Start() alone.
  std::function<api::ServerStatus()> status;
  // How long the connections of a listener took; nothing for an unknown one.
  std::function<data_plane::TimesReading(const std::string& listener)> times;
  const AdminCalls* admin_calls = nullptr;
  // What the health service answers for "" and for "greeter.data".
  std::function<bool()> alive;
  std::function<bool()> serving;
  // As given with --label.
  std::map<std::string, std::string> labels;
  // Lines of the access log; nothing if there is none.
  std::function<std::optional<data_plane::ConnectionLog::Counts>()> access_log;
};

}  // namespace greeter::observe

#endif  // GREETER_OBSERVE_SOURCES_H_
