// What status --watch draws on a terminal.

#ifndef GREETER_ADMIN_CLI_WATCH_LIVE_VIEW_H_
#define GREETER_ADMIN_CLI_WATCH_LIVE_VIEW_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "admin_cli/terminal/look.h"
#include "admin_cli/terminal/screen.h"
#include "admin_cli/watch/feed.h"
#include "admin_cli/watch/rates.h"

namespace greeter::admin_cli {

// The state of the picture; draws nothing itself. Owned by one thread.
class LiveView {
 public:
  LiveView(const std::vector<std::string>& servers, const Look& look);

  void Add(const Report& report);
  // To be called every second or so: servers without news have no new connections.
  void Tick(absl::Time now);

  // All of it, of lines as long as the screen is wide.
  std::vector<std::string> Lines(const ScreenSize& size, absl::Time now) const;

 private:
  struct Server {
    std::string address;
    // The last one that came; empty before the first.
    std::optional<api::ServerStatus> status;
    absl::Time heard;
    // Since when it can't be reached, and why.
    std::optional<absl::Time> lost;
    std::string error;
    Rates rates;
  };

  std::string Headline(const Server& server, absl::Time now) const;
  std::string Table(const Server& server, size_t columns) const;
  std::string Block(const Server& server, size_t columns, absl::Time now) const;

  // Constant after construction.
  const Look look_;

  std::vector<Server> servers_;
};

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_WATCH_LIVE_VIEW_H_
