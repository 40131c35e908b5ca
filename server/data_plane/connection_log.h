// What became of single connections, for an access log: each worker leaves records in a ring of its
// own, and one other thread takes them out. No lock, no system call, and no waiting: what finds the
// ring full is dropped, and counted.

#ifndef GREETER_DATA_PLANE_CONNECTION_LOG_H_
#define GREETER_DATA_PLANE_CONNECTION_LOG_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data_plane/counter.h"
#include "data_plane/counts.h"

namespace greeter::data_plane {

struct ConnectionRecord {
  static constexpr std::chrono::nanoseconds kNever{-1};

  // A name has at most 63 bytes, so there is always a NUL behind it.
  std::array<char, 64> listener = {};
  // AF_UNIX alone for a unix socket's client.
  sockaddr_in6 remote = {};
  sockaddr_storage local = {};
  // ${connection}; 0 if the greeting does not say it.
  uint64_t number = 0;
  // Of the greeting, handed to the kernel.
  uint64_t bytes = 0;
  std::chrono::steady_clock::time_point accepted;
  // From acceptance, until the whole greeting was handed to the kernel, and until the end.
  std::chrono::nanoseconds sent = kNever;
  std::chrono::nanoseconds lifetime = {};
  Outcome outcome = Outcome::kCompleted;
};

class ConnectionLog {
 public:
  // A worker's part.
  class Slot {
   public:
    Slot(uint64_t sample, size_t capacity) : sample_(sample), records_(capacity) {}

    // Begins a record of the connection just accepted, from `peer`; null if it gets none: the first
    // does, and then 1 of `sample`. The worker.
    std::unique_ptr<ConnectionRecord> Begin(const std::string& listener, int socket,
                                            const sockaddr_storage* peer,
                                            std::chrono::steady_clock::time_point now);
    // Adds it, ended. The worker.
    void End(ConnectionRecord& record, Outcome outcome, std::chrono::nanoseconds lifetime);

    // Takes out up to `most`, the oldest first; how many that were. The reader.
    size_t Take(size_t most, const std::function<void(const ConnectionRecord&)>& take);
    // Any thread.
    uint64_t dropped() const { return dropped_.Get(); }

   private:
    // The one that the reader writes has a cache line of its own.
    struct alignas(64) ReadersNumber : std::atomic<uint64_t> {};

    // Constant after construction.
    const uint64_t sample_;

    // Owned by the worker.
    uint64_t seen_ = 0;
    Counter dropped_;

    // Those from taken_ to before added_ are the reader's, the others the worker's. Numbers only
    // grow; a record's place is its number modulo the capacity.
    std::vector<ConnectionRecord> records_;
    std::atomic<uint64_t> added_ = 0;
    ReadersNumber taken_;
  };

  // What a worker may add before the reader looks, which it does every 20 ms or so.
  static constexpr size_t kCapacity = 8192;

  // What has become of records; see daemon/access_log.h.
  struct Counts {
    uint64_t written = 0;
    uint64_t dropped = 0;
  };

  ConnectionLog(size_t workers, uint64_t sample, size_t capacity = kCapacity);

  Slot& worker(size_t number) { return *slots_[number]; }

  // The same as for each slot, over all, beginning where the last call ended. The reader.
  size_t Take(size_t most, const std::function<void(const ConnectionRecord&)>& take);
  // How many records there may be at the same time. Any thread.
  size_t capacity() const { return capacity_; }
  // Records that found a ring full. Any thread.
  uint64_t dropped() const;

 private:
  // Constant after construction.
  const size_t capacity_;
  std::vector<std::unique_ptr<Slot>> slots_;

  // Owned by the reader: the slot to take from next.
  size_t next_ = 0;
};

}  // namespace greeter::data_plane

#endif  // GREETER_DATA_PLANE_CONNECTION_LOG_H_
