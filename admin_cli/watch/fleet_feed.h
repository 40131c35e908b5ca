// What a fleet's replicas say, asked for every second.

#ifndef GREETER_ADMIN_CLI_WATCH_FLEET_FEED_H_
#define GREETER_ADMIN_CLI_WATCH_FLEET_FEED_H_

#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "admin_cli/client/tls.h"
#include "greeter/admin/v1/admin.pb.h"

namespace greeter::admin_cli {

namespace api = ::greeter::admin::v1;

struct FleetReport {
  absl::Time at;
  // Or why nobody could be asked: the last one's reason.
  absl::StatusOr<api::ListReplicasResponse> fleet;
};

// Asks from a thread of its own: one server as long as it answers, then the others in turn, for any
// replica knows them all. Owned by one thread.
class FleetFeed {
 public:
  FleetFeed(std::vector<std::string> servers, absl::Duration timeout,
            const std::optional<Tls>& tls);
  ~FleetFeed();

  FleetFeed(const FleetFeed&) = delete;
  FleetFeed& operator=(const FleetFeed&) = delete;

  // Readable while there is a report.
  int fd() const { return news_fd_; }
  // The newest since the last call, if there is one.
  std::optional<FleetReport> Take();

 private:
  void Run(const std::vector<std::string>& servers, absl::Duration timeout,
           const std::optional<Tls>& tls);

  // Constant after construction.
  const int news_fd_;
  // Readable once it ends.
  const int end_fd_;

  // Guarded by mutex_.
  std::mutex mutex_;
  std::optional<FleetReport> report_;

  std::thread thread_;
};

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_WATCH_FLEET_FEED_H_
