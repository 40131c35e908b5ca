// What status --watch prints where nothing can be drawn: a line for each change.

#ifndef GREETER_ADMIN_CLI_WATCH_CHANGE_LINES_H_
#define GREETER_ADMIN_CLI_WATCH_CHANGE_LINES_H_

#include <map>
#include <string>
#include <vector>

#include "admin_cli/watch/feed.h"

namespace greeter::admin_cli {

// Owned by one thread.
class ChangeLines {
 public:
  explicit ChangeLines(std::vector<std::string> servers);

  // What a report changes for who has read all lines before: the revision, listeners, their counts,
  // and whether the server can be reached. With the time, and of several servers the server.
  std::string Of(const Report& report);

 private:
  // Constant after construction.
  const std::vector<std::string> servers_;

  // By server: what was printed last of each thing.
  std::vector<std::map<std::string, std::string>> known_;
};

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_WATCH_CHANGE_LINES_H_
