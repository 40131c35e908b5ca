// Connections per second of one server's listeners, from its reports.

#ifndef GREETER_ADMIN_CLI_WATCH_RATES_H_
#define GREETER_ADMIN_CLI_WATCH_RATES_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "greeter/admin/v1/admin.pb.h"

namespace greeter::admin_cli {

namespace api = ::greeter::admin::v1;

// Owned by one thread.
class Rates {
 public:
  // A report, or none for so long that nothing has changed: then the last one again. What was
  // accepted since the one before is spread evenly over the seconds in between; one that comes less
  // than half a second after the last of these is left out, and so counted with the next.
  void Add(const api::ServerStatus& status, absl::Time now);

  // A number for each second of the last minute, oldest first; empty if it is not known yet.
  const std::deque<double>& Of(const std::string& listener) const;

 private:
  struct Series {
    uint64_t accepted = 0;
    std::deque<double> rates;
  };

  // Counts begin anew with another start of the server.
  std::string server_id_;
  // The last report that was not left out.
  absl::Time last_ = absl::InfinitePast();
  // Up to here each second has its number.
  absl::Time known_until_ = absl::InfinitePast();
  std::map<std::string, Series> series_;
};

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_WATCH_RATES_H_
