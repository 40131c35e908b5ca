// Makes connections: connects, reads the greeting to its end, verifies every byte, classifies.
//
// One thread, one epoll set. Everything but Stop(), Cut(), finished() and greeted() belongs to the
// thread that calls Run().

#ifndef GREETER_PROBE_GENERATOR_H_
#define GREETER_PROBE_GENERATOR_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "net/file_descriptor.h"
#include "probe/expected.h"
#include "probe/options.h"
#include "probe/pace.h"
#include "probe/report.h"

namespace greeter::probe {

class Generator {
 public:
  // INVALID_ARGUMENT (options), FAILED_PRECONDITION (descriptors).
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
  // The same, and those open are closed and not counted.
  void Cut();

  // Connections that have ended so far, and those of them that were greeted. Any thread.
  uint64_t finished() const { return finished_.load(std::memory_order_relaxed); }
  uint64_t greeted() const { return greeted_.load(std::memory_order_relaxed); }

 private:
  struct Connection {
    net::FileDescriptor fd;
    // Which start this is; a slot's next connection has another one.
    uint64_t number = 0;
    // Nanoseconds of the steady clock; 0 if it has not come to that.
    int64_t start = 0;
    int64_t connected_at = 0;
    int64_t first_byte_at = 0;
    Match match;
    uint64_t unsent = 0;
    // Of its target's addresses, the one being tried.
    uint32_t address = 0;
    bool ended = false;
    bool shut = false;
    // Where somebody wants to know: what came of the addresses before, and the greeting's bytes.
    std::string tried_before;
    std::string bytes;
  };
  // In the order in which they come, for each kind lasts equally long.
  struct Deadline {
    int64_t when;
    uint32_t slot;
    uint32_t address;
    uint64_t number;
  };
  struct Rest {
    int64_t until;
    uint32_t slot;
  };

  Generator(Options options, net::FileDescriptor epoll, net::FileDescriptor wake);

  bool MayStart(int64_t now) const;
  // Starts what is due.
  void StartDue(int64_t now);
  void Start(uint32_t slot, int64_t intended);
  // Tries addresses from the slot's present one on; it may end there.
  void Connect(uint32_t slot);
  // The same for the next address; false if there is none.
  bool TryNext(uint32_t slot, absl::string_view why);
  const net::Address& AddressOf(const Connection& connection) const;
  const Target& TargetOf(const Connection& connection) const;
  // What epoll tells events of the slot's present connection by.
  uint64_t Key(uint32_t slot) const;
  void Handle(uint64_t key, uint32_t events);
  // These two return false once the connection has been finished.
  bool Read(uint32_t slot, uint32_t events);
  bool Send(uint32_t slot);
  void Leave(uint32_t slot);
  void FinishWithError(uint32_t slot, int error);
  void Finish(uint32_t slot, Outcome outcome, int error);
  void Tell(const Connection& connection, Outcome outcome, int error) const;
  // Ends what has taken too long.
  void ExpireDue(int64_t now);
  // Whether `deadline` is of a connection that is there no more, or of an address given up.
  bool IsOver(const Deadline& deadline) const;
  bool IsConnecting(const Connection& connection) const { return connection.connected_at == 0; }
  // How long epoll may sleep, in nanoseconds.
  int64_t Patience(int64_t now) const;

  // Constant after construction.
  const Options options_;
  const net::FileDescriptor epoll_;
  const net::FileDescriptor wake_;
  const int64_t timeout_;
  // What each address gets to answer in.
  const int64_t attempt_;

  // Owned by the thread of Run().
  Pace pace_;
  std::vector<Connection> slots_;
  std::vector<uint32_t> idle_;
  // Could not connect just now.
  std::deque<Rest> resting_;
  std::deque<Deadline> deadlines_;
  std::deque<Deadline> attempts_;
  std::vector<char> buffer_;
  Report report_;
  uint64_t open_ = 0;

  // Atomic.
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> cutting_ = false;
  std::atomic<uint64_t> finished_ = 0;
  std::atomic<uint64_t> greeted_ = 0;
};

}  // namespace greeter::probe

#endif  // GREETER_PROBE_GENERATOR_H_
