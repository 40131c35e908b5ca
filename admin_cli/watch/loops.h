// How a watch goes on until it ends, whatever is watched.

#ifndef GREETER_ADMIN_CLI_WATCH_LOOPS_H_
#define GREETER_ADMIN_CLI_WATCH_LOOPS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "admin_cli/commands/commands.h"
#include "admin_cli/terminal/look.h"
#include "admin_cli/terminal/screen.h"

namespace greeter::admin_cli {

struct Watching {
  // Readable while there are news.
  int news_fd = -1;
  // Takes the news, and without a screen prints them; if not OK, the watch is over, for that
  // reason.
  std::function<absl::Status()> take;
  // The picture as of `now`, as long as it needs to be. For a screen alone.
  std::function<std::vector<std::string>(const ScreenSize& size, absl::Time now)> picture = {};
};

// As many of `lines` as fit on a screen above its last one, which tells the time and how to end.
std::vector<std::string> Fit(std::vector<std::string> lines, const ScreenSize& size,
                             const std::string& how_to_end, absl::Time now, const Look& look);

// Draws the picture as it changes, until the user or `take` ends it. Returns the exit code; an
// error is told below what the terminal showed before. Blocks.
int WatchOnScreen(const Watching& watching, Console& console);

// The same without a picture; ends also when nobody reads the output any more. Blocks.
int WatchInLines(const Watching& watching, Console& console);

// Tells why a watch is over, or can't begin; returns the exit code.
int FailWatch(const absl::Status& status, Console& console);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_WATCH_LOOPS_H_
