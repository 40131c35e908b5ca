// Generates load: connects, reads the greeting to its end, verifies every byte, classifies.
//
// One thread, one epoll set. Everything but Stop() and finished() belongs to the thread that calls
// Run().

#ifndef GREETER_LOAD_GENERATOR_H_
#define GREETER_LOAD_GENERATOR_H_

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "load/match.h"
#include "load/options.h"
#include "load/report.h"

namespace greeter::load {

class Generator {
 public:
  // INVALID_ARGUMENT (options), RESOURCE_EXHAUSTED (descriptors).
  static absl::StatusOr<std::unique_ptr<Generator>> Create(Options options);
  ~Generator();

  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  // Runs until the bounds of the options or Stop(), and until the last connection has ended.
  // Blocks. Once.
  Report Run();

  // No connection starts from now on; Run() returns when those open have ended. Any thread, also a
  // signal handler.
  void Stop();

  // Connections that have ended so far. Any thread.
  uint64_t finished() const { return finished_.load(std::memory_order_relaxed); }

 private:
  struct Connection {
    int fd = -1;
    // Which start this is; a slot's next connection has another one.
    uint64_t number = 0;
    // Nanoseconds of the steady clock.
    int64_t start = 0;
    Match match;
    uint64_t unsent = 0;
    bool connected = false;
    bool ended = false;
    bool shut = false;
  };
  // In the order of their deadlines: every connection has the same timeout.
  struct Deadline {
    int64_t when;
    uint32_t slot;
    uint64_t number;
  };

  Generator(Options options, int epoll_fd, int wake_fd);

  bool MayStart(int64_t now) const;
  // When the next connection should start, at a fixed rate.
  int64_t NextIntended() const;
  // Starts what is due.
  void StartDue(int64_t now);
  void Start(uint32_t slot, int64_t intended);
  // Creates the socket and connects; 0 or an errno.
  int Connect(uint32_t slot);
  // What epoll tells events of the slot's present connection by.
  uint64_t Key(uint32_t slot) const;
  void Handle(uint64_t key, uint32_t events);
  // These return false once the connection has been finished.
  bool Read(uint32_t slot, uint32_t events);
  bool Send(uint32_t slot);
  bool Leave(uint32_t slot);
  void FinishWithError(uint32_t slot, int error);
  void Finish(uint32_t slot, Outcome outcome);
  void ExpireDue(int64_t now);
  // How long epoll may sleep, in nanoseconds.
  int64_t Patience(int64_t now) const;

  // Constant after construction.
  const Options options_;
  const int epoll_fd_;
  const int wake_fd_;
  const int64_t timeout_;
  const double interval_;

  // Owned by the thread of Run().
  std::vector<Connection> slots_;
  std::vector<uint32_t> idle_;
  std::deque<Deadline> deadlines_;
  std::vector<char> buffer_;
  Report report_;
  uint64_t started_ = 0;
  int64_t begin_ = 0;
  int64_t end_of_starts_ = 0;

  // Atomic.
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> finished_ = 0;
};

}  // namespace greeter::load

#endif  // GREETER_LOAD_GENERATOR_H_
