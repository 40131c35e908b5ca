// Calls of which all but the last byte is said, on one connection: until then a proper client,
// which keeps to the server's windows (RFC 9113, 5.2), for else it would be cut off for that.
//
// One owner.

#ifndef GREETER_TESTS_INTEGRATION_UNFINISHED_CALLS_H_
#define GREETER_TESTS_INTEGRATION_UNFINISHED_CALLS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace greeter::testing {

class UnfinishedCalls {
 public:
  // The connection's: false if it is closed; what comes next, "" if it is closed or comes too late.
  struct Connection {
    std::function<bool(absl::string_view)> send;
    std::function<std::string()> receive;
  };

  // Of `path`, each with a message of `size` bytes.
  UnfinishedCalls(Connection connection, const std::string& path, int count, size_t size);

  // Says as much as it may, and returns when the connection has ended, or nothing has come for as
  // long as it waits. False if it had ended from the start.
  bool Run();

 private:
  struct Call {
    uint32_t stream;
    size_t left;
    int64_t window = 0;
  };

  // What the server said; false if nothing.
  bool Hear();
  void OnFrame(uint8_t type, uint8_t flags, uint32_t stream, absl::string_view payload);
  // Says what the windows allow.
  bool SayMore();

  const Connection connection_;
  std::vector<Call> calls_;
  // May be below 0 for a while (6.9.2).
  int64_t window_ = 65'535;
  int64_t first_window_ = 65'535;
  std::string heard_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_INTEGRATION_UNFINISHED_CALLS_H_
