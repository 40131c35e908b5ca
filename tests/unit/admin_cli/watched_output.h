// What a watch prints, as it does so.

#ifndef GREETER_TESTS_UNIT_ADMIN_CLI_WATCHED_OUTPUT_H_
#define GREETER_TESTS_UNIT_ADMIN_CLI_WATCHED_OUTPUT_H_

#include <functional>
#include <sstream>
#include <string>
#include <utility>

namespace greeter::admin_cli {

// A stdout that calls back once it holds `awaited`, however it is written.
class WatchedOutput : public std::stringbuf {
 public:
  WatchedOutput(std::string awaited, std::function<void()> found)
      : awaited_(std::move(awaited)), found_(std::move(found)) {}

 protected:
  int sync() override {
    if (found_ && str().find(awaited_) != std::string::npos) std::exchange(found_, nullptr)();
    return 0;
  }

 private:
  const std::string awaited_;
  std::function<void()> found_;
};

}  // namespace greeter::admin_cli

#endif  // GREETER_TESTS_UNIT_ADMIN_CLI_WATCHED_OUTPUT_H_
