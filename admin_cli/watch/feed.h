// What several servers report of themselves, as it comes in.

#ifndef GREETER_ADMIN_CLI_WATCH_FEED_H_
#define GREETER_ADMIN_CLI_WATCH_FEED_H_

#include <cstddef>
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

// A server's status, or why there is none.
struct Report {
  // Its place in the list of servers.
  size_t server = 0;
  absl::Time at;
  absl::StatusOr<api::ServerStatus> status;
  // The server refuses to be watched, and is not asked again.
  bool last = false;
};

// Watches every server from a thread of its own, and again when it is lost. Owned by one thread.
class Feed {
 public:
  // `timeout` is for each server's first report.
  Feed(const std::vector<std::string>& servers, const std::string& listener, absl::Duration timeout,
       const std::optional<Tls>& tls);
  // Ends all watches.
  ~Feed();

  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // Readable while there are reports.
  int fd() const { return news_fd_; }
  // Those that have come since the last call.
  std::vector<Report> Take();

 private:
  void Run(size_t index, const std::string& server, const std::string& listener,
           absl::Duration timeout, const std::optional<Tls>& tls);
  void Post(Report report);

  // Constant after construction.
  const int news_fd_;
  // Readable once it ends.
  const int end_fd_;

  // Guarded by mutex_.
  std::mutex mutex_;
  std::vector<Report> reports_;

  std::vector<std::thread> threads_;
};

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_WATCH_FEED_H_
