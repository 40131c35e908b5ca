// A connection as a line of the access log.

#ifndef GREETER_DAEMON_ACCESS_LINE_H_
#define GREETER_DAEMON_ACCESS_LINE_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "daemon/options.h"
#include "data_plane/connection_log.h"

namespace greeter::daemon {

// One thread at a time.
class AccessLines {
 public:
  explicit AccessLines(LogFormat format) : format_(format) {}

  // The moment that the records' clock is told by: call it now and then, as that clock and the
  // calendar's may drift apart.
  void SetClock(absl::Time now, std::chrono::steady_clock::time_point steady);

  // Appends one line. Text: "2026-01-31T12:00:00.000Z default 10.0.0.7:51234 -> 10.0.0.1:9190
  // completed bytes=11 sent_ms=0.000 lifetime_ms=21.345 connection=7"; JSON: an object of time,
  // listener, remote_addr, remote_port, local_addr, local_port, outcome, bytes, sent_ms (null if
  // the greeting was not sent whole), lifetime_ms and connection (if the greeting says it).
  void Append(const data_plane::ConnectionRecord& record, std::string* out);

 private:
  void AppendTime(std::chrono::steady_clock::time_point when, std::string* out);

  // Constant after construction.
  const LogFormat format_;

  // Owned by the thread.
  int64_t offset_ms_ = 0;
  // The second that was written last, as text.
  int64_t second_ = -1;
  std::string second_text_;
};

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_ACCESS_LINE_H_
