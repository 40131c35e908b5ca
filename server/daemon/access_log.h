// The access log: a line for every connection, or for 1 of N, in a file.
//
// Workers leave records (data_plane/connection_log.h); a thread of its own writes them, so that
// whatever happens to the file is nobody's concern but its own. What can't be written is dropped
// and counted, and the log says so. The process is to ignore SIGPIPE and SIGXFSZ.

#ifndef GREETER_DAEMON_ACCESS_LOG_H_
#define GREETER_DAEMON_ACCESS_LOG_H_

#include <spdlog/logger.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/access_file.h"
#include "daemon/access_line.h"
#include "daemon/options.h"
#include "data_plane/connection_log.h"
#include "data_plane/engine.h"

namespace greeter::daemon {

class AccessLog {
 public:
  using Counts = data_plane::ConnectionLog::Counts;

  // As `options` say, for the engine that is started with `engine`; without a file in them, one
  // that costs nothing. FAILED_PRECONDITION if the file can't be opened: at start that is a
  // mistake, later it hinders nobody. A pipe may get its reader later.
  static absl::StatusOr<std::unique_ptr<AccessLog>> Open(const Options& options,
                                                         std::shared_ptr<spdlog::logger> logger,
                                                         data_plane::Engine::Options* engine);
  // Writes what is left, for a second at most. After the workers.
  ~AccessLog();

  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  // Opens the file anew. Any thread.
  void Reopen();

  // Nothing if there is no file. Any thread.
  std::optional<Counts> counts() const;

 private:
  AccessLog(const Options& options, size_t workers, std::shared_ptr<spdlog::logger> logger);

  void Run();
  // On the thread: takes out and writes what there is. False: there is no room.
  bool WriteAll();
  bool WritePending();
  void LookAfterFile();
  void OpenAnew();
  // Drops what is pending, `why`.
  void Drop(absl::string_view why);
  // Says what was dropped since the last time, now and then.
  void SayWhatWasDropped();

  // Constant after construction.
  const std::shared_ptr<spdlog::logger> logger_;

  // Workers add, the thread takes.
  std::optional<data_plane::ConnectionLog> records_;

  // Owned by the thread.
  AccessFile file_;
  AccessLines lines_;
  // Lines, of which so many bytes are written.
  std::string pending_;
  size_t written_bytes_ = 0;
  // Of the file's last line, only a part has been written.
  bool torn_ = false;
  std::string trouble_;
  std::string why_dropped_;
  uint64_t said_dropped_ = 0;
  absl::Time next_look_ = absl::InfinitePast();
  absl::Time next_word_ = absl::InfinitePast();

  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool reopen_ = false;
  std::optional<absl::Time> stop_;

  // Atomic.
  std::atomic<uint64_t> written_ = 0;
  std::atomic<uint64_t> dropped_ = 0;

  std::thread thread_;
};

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_ACCESS_LOG_H_
