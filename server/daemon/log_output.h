// Where log records go: a file descriptor, such as stderr's, that perhaps nobody reads.
//
// Whoever has a record writes it, so that it is out before anything else happens; but nobody ever
// waits for a reader. What finds no room (a full pipe, a stopped terminal) waits in a queue, and a
// thread writes it when there is room again. When the queue is full, the oldest records are
// dropped, ordinary ones first, and how many that were is said as soon as something can be said.

#ifndef GREETER_DAEMON_LOG_OUTPUT_H_
#define GREETER_DAEMON_LOG_OUTPUT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "net/nonblocking_output.h"

namespace greeter::daemon {

class LogOutput {
 public:
  enum class Kind : uint8_t {
    kOrdinary,
    // Of what an audit wants to know: dropped only when there is nothing else to drop.
    kAudit,
  };

  struct Losses {
    uint64_t ordinary = 0;
    uint64_t audit = 0;
  };

  struct Options {
    // What may wait, in bytes.
    size_t queue_bytes = size_t{1} << 20;
    // The line that says what was dropped.
    std::function<std::string(const Losses&)> report;
  };

  // Writes to `descriptor`, which stays the caller's and open. FAILED_PRECONDITION if there are no
  // descriptors left. It takes up to two.
  static absl::StatusOr<std::shared_ptr<LogOutput>> Start(int descriptor, Options options);

  // As Stop(), for a second.
  ~LogOutput();
  LogOutput(const LogOutput&) = delete;
  LogOutput& operator=(const LogOutput&) = delete;

  // Writes or queues `record`, a line with its line feed. Never blocks. Any thread.
  void Write(absl::string_view record, Kind kind);

  // Gives what waits `timeout` to be written, and ends the thread; later records are written if
  // there is room, and queued for nobody. Idempotent; by the owner.
  void Stop(absl::Duration timeout);

 private:
  struct Record {
    std::string text;
    Kind kind;
  };

  enum class Outcome : uint8_t { kWritten, kNoRoom, kFailed };

  LogOutput(net::NonblockingOutput output, net::FileDescriptor wake, Options options);
  void Run();

  // With mutex_ held.
  // Writes what there is room for.
  void WriteQueued();
  // Says what was dropped, if anything was. False: there is no room left.
  bool WriteReport();
  // Writes `text` from written_ on, and sets that: 0 unless there was no room for all of it.
  Outcome WriteText(const std::string& text);
  // Makes room for `size` more bytes; false if a record of `kind` is not worth that.
  bool MakeRoom(size_t size, Kind kind);
  // Drops the oldest record of `kind`; false if there is none.
  bool DropOldest(Kind kind);
  void Count(Kind kind);

  // Constant after construction.
  const Options options_;
  const net::FileDescriptor wake_;

  // Guarded by mutex_.
  std::mutex mutex_;
  net::NonblockingOutput output_;
  std::deque<Record> queue_;
  size_t queued_bytes_ = 0;
  // Bytes of the first in the queue that are out already: it is not dropped any more.
  size_t written_ = 0;
  Losses losses_;
  std::optional<absl::Time> stop_;

  std::thread thread_;
};

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_LOG_OUTPUT_H_
