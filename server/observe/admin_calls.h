// Counts the calls of the admin port by method and outcome.

#ifndef GREETER_OBSERVE_ADMIN_CALLS_H_
#define GREETER_OBSERVE_ADMIN_CALLS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace greeter::observe {

// Any thread. As many entries as the server has methods, times the codes they ended with.
class AdminCalls {
 public:
  // By method and the code's name, as "OK" or "NOT_FOUND".
  using Counts = std::map<std::pair<std::string, std::string>, uint64_t>;

  void Count(absl::string_view method, absl::StatusCode code);
  Counts Read() const;

  // Calls Count().
  auto counter() {
    return [this](absl::string_view method, absl::StatusCode code) { Count(method, code); };
  }

 private:
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  Counts counts_;
};

}  // namespace greeter::observe

#endif  // GREETER_OBSERVE_ADMIN_CALLS_H_
