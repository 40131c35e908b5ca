// A worker's connections, from acceptance to the last close: greet, half-close, drain, close.
//
// close(2) while the client's bytes are unread, or before they arrive, sends a reset, and a reset
// can destroy a greeting that is still on its way (RFC 1122, 4.2.2.13; RFC 9112, 9.6). So the end
// of stream is sent with shutdown(2), in the same segment as the greeting (MSG_MORE, send(2)), and
// the socket is closed when the client's end has come, or a deadline.
//
// Nearly every client ends within milliseconds of being greeted. So a greeted connection is at
// first only a line in a list, to be looked at after kSweepInterval: one recv(2) that finds its end
// and no call to epoll. Those that have not ended by their second look are given to epoll and cost
// nothing until something happens. A sweep does so in small portions, so that nobody waits behind
// hundreds of them.
//
// Owned and called by one worker thread.

#ifndef GREETER_DATA_PLANE_CONNECTIONS_H_
#define GREETER_DATA_PLANE_CONNECTIONS_H_

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "data_plane/connection_log.h"
#include "data_plane/service.h"
#include "net/file_descriptor.h"

namespace greeter::data_plane {

using Clock = std::chrono::steady_clock;

class Connections {
 public:
  // A Service as one worker uses it: counted without atomics, and kept while a connection of it is
  // open.
  struct Use {
    std::shared_ptr<const Service> service;
    WorkerCounts* counts = nullptr;
    size_t connections = 0;
    // Connections in epoll, oldest first: as all share the Service's timeouts, in the order of
    // their deadlines. Indices into table_; kNone if empty.
    struct Queue {
      uint32_t head = UINT32_MAX;
      uint32_t tail = UINT32_MAX;
    };
    Queue writing;
    Queue lingering;
    // No connection will be added.
    bool retired = false;
  };

  // From the greeting to the first look, and from that to the second.
  static constexpr std::chrono::milliseconds kSweepInterval{20};
  // From one sweep to the next at least, so that an idle worker is not woken for each connection.
  static constexpr std::chrono::milliseconds kSweepPause{15};
  // The same when room is wanted; then all are looked at.
  static constexpr std::chrono::milliseconds kLeastSweepInterval{1};
  // A client's due even when room is wanted: time for its end, or its belated data, to arrive.
  static constexpr std::chrono::milliseconds kLeastLinger{100};

  // `epoll` and `log` outlive this; `worker` is the number of the slot to count in. Without a log,
  // null.
  Connections(int epoll, size_t worker, ConnectionLog::Slot* log);
  // Closes all that are open, without counting them.
  ~Connections();

  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // A use of `service`, valid until Retire() and the end of its last connection.
  Use* Adopt(std::shared_ptr<const Service> service);
  void Retire(Use* use);

  // Whether Greet() and Reject() need to know the client's address.
  bool WantsPeer(const Service& service) const {
    return log_ != nullptr || !service.greeting.is_literal();
  }

  // Greets a connection just accepted (and counted as accepted). `peer` is the client's address, if
  // WantsPeer(); `has_place`: it holds a place of the listener's limit.
  void Greet(net::FileDescriptor socket, Use* use, const sockaddr_storage* peer, bool has_place,
             Clock::time_point now);

  // Closes one just accepted without a word.
  void Reject(net::FileDescriptor socket, Use* use, const sockaddr_storage* peer,
              Clock::time_point now);

  // epoll reported `events` for the connection that was registered with `key`.
  void OnEvent(uint32_t key, uint32_t events, Clock::time_point now);

  // Sweeps and expires what is due.
  void OnTime(Clock::time_point now);

  // Ends a connection that has been greeted, if there is one that may be: one whose client has
  // ended, else the one that has lingered longest, but no less than kLeastLinger; it is counted as
  // timed_out. False if there is none.
  bool MakeRoom(Clock::time_point now);

  // When OnTime() must be called next; Clock::time_point::max() if nothing waits.
  Clock::time_point next_time() const;

  size_t open() const { return open_; }

  // Whether there are connections, just greeted, that the next sweep may end.
  bool has_fresh() const { return !fresh_.empty(); }

  // Cuts every connection, counted as timed_out.
  void CutAll(Clock::time_point now);

 private:
  enum class State : uint8_t { kFree, kWriting, kLingering };

  // A connection in epoll. Small, as thousands may be stuck.
  struct Connection {
    Use* use = nullptr;
    // When it was accepted.
    Clock::time_point since;
    Clock::time_point deadline;
    // What is left to be written of a rendered template; null for literals.
    std::unique_ptr<std::string> rendered;
    // For the log; null if it is not to be recorded.
    std::unique_ptr<ConnectionRecord> record;
    // Bytes of the greeting written.
    uint32_t sent = 0;
    // Bytes of the client's thrown away.
    uint32_t drained = 0;
    int socket = -1;
    // In its queue; `next` also links free entries.
    uint32_t previous = kNone;
    uint32_t next = kNone;
    State state = State::kFree;
    bool has_place = false;
    // The client's end of stream has been read while writing.
    bool ended = false;
  };

  // A connection greeted whole that waits for its first looks.
  struct Fresh {
    Use* use;
    Clock::time_point since;
    Clock::time_point due;
    int socket;
    bool has_place;
    bool swept;
    std::unique_ptr<ConnectionRecord> record;
  };

  enum class Drained { kOpen, kEnded, kReset };

  static constexpr uint32_t kNone = UINT32_MAX;

  // Looks at those that are due by `due`, in that order, and at no more than `most`.
  void Sweep(Clock::time_point now, Clock::time_point due, size_t most);
  // Ends the connections whose deadline has come, and forgets retired uses that are empty.
  void Expire(Clock::time_point now);

  // Reads and forgets what the client sent, up to a bound per call (1 MiB); adds it to `bytes`.
  Drained Drain(int socket, uint32_t* bytes);
  void OnWritable(uint32_t key, Clock::time_point now);

  uint32_t Register(Connection connection, uint32_t events);
  void Release(uint32_t key);
  Use::Queue& QueueOf(const Connection& connection);
  void Link(uint32_t key);
  void Unlink(uint32_t key);
  void HalfClose(uint32_t key, Clock::time_point now);
  void End(uint32_t key, Outcome outcome, Clock::time_point now);
  // `record` may be null.
  void Count(Use* use, bool has_place, Outcome outcome, Clock::duration lifetime,
             ConnectionRecord* record);

  // Constant after construction.
  const int epoll_;
  const size_t worker_;
  ConnectionLog::Slot* const log_;

  // Owned by the worker thread.
  std::list<Use> uses_;
  std::deque<Fresh> fresh_;
  // Since the last OnTime().
  size_t greeted_this_turn_ = 0;
  std::vector<Connection> table_;
  uint32_t free_ = kNone;
  size_t open_ = 0;
  Clock::time_point last_sweep_;
  Clock::time_point next_sweep_ = Clock::time_point::max();
  Clock::time_point next_expiry_ = Clock::time_point::max();
  // A template is rendered here.
  std::string buffer_;
  // What clients send ends here.
  std::vector<char> scratch_;
};

}  // namespace greeter::data_plane

#endif  // GREETER_DATA_PLANE_CONNECTIONS_H_
