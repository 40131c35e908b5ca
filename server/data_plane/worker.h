// A worker is a thread with an epoll set: it accepts on its own socket of each address and owns
// every connection it accepts. Nothing in it is locked or shared; others reach it by Post().

#ifndef GREETER_DATA_PLANE_WORKER_H_
#define GREETER_DATA_PLANE_WORKER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "data_plane/connections.h"
#include "data_plane/moderation.h"
#include "data_plane/service.h"
#include "net/accept.h"
#include "net/file_descriptor.h"
#include "net/listening_socket.h"

namespace greeter::data_plane {

// Identifies an open address within an engine.
using EndpointId = uint32_t;

class Worker {
 public:
  using Closure = absl::AnyInvocable<void()>;

  // Starts a worker and its thread; `number` is the slot to count in, from 0; `log`, where to leave
  // records of connections, may be null, and outlives it. FAILED_PRECONDITION if the kernel refuses
  // what it needs.
  static absl::StatusOr<std::unique_ptr<Worker>> Start(size_t number, net::AcceptCall accept,
                                                       ConnectionLog::Slot* log);
  // Ends the thread; connections still open are closed.
  ~Worker();

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Runs `closure` on the worker thread, soon and in order. Any thread.
  void Post(Closure closure);

  // The following are called on the worker thread, by posted closures.

  // Accepts on `socket`, which is listening and non-blocking, and serves `service` there.
  void Open(EndpointId id, net::ListeningSocket socket, std::shared_ptr<const Service> service);
  // Connections accepted from now on get `service`.
  void Update(EndpointId id, std::shared_ptr<const Service> service);
  // Accepts all that is queued, limits aside, then closes the socket and calls `done`. The owner
  // has seen to it that no more get in. Connections go on.
  void Close(EndpointId id, Closure done);
  // Closes the socket at once, which others have as well: what is queued is theirs. Connections go
  // on.
  void Leave(EndpointId id);
  // How many connections may be open: beyond that it makes room, or accepts no more for a while. Up
  // to half of them are kept for addresses that have few, in equal parts, so that no address can
  // starve another.
  void SetShare(size_t connections);
  // Calls `done` as soon as no connection is open, at the latest at `deadline`: then all that are
  // left have been cut.
  void Drain(Clock::time_point deadline, Closure done);

 private:
  // How long a paused endpoint rests, at most.
  static constexpr std::chrono::milliseconds kPause{20};

  // A socket to accept on.
  struct Endpoint {
    net::ListeningSocket socket;
    Connections::Use* use = nullptr;
    // Not polled until the next tick: a limit is reached, or the kernel has run out of something.
    bool paused = false;
    // How long it should rest, after Progress::kPause.
    std::chrono::nanoseconds rest = {};
    // In the last turn.
    int accepted_last = 0;
    int lost_in_a_row = 0;
    // Set once it is closing.
    Closure closed;
    Clock::time_point close_deadline;
  };

  Worker(size_t number, net::AcceptCall accept, ConnectionLog::Slot* log, net::FileDescriptor epoll,
         net::FileDescriptor wakeup);

  enum class Progress {
    kAccepted,
    // A connection, but none that could be accepted.
    kLost,
    // The queue is empty.
    kEmpty,
    // There may be some, but not now: see Endpoint::rest.
    kPause,
  };

  void Run();
  void Wait();
  void RunPosted();
  void OnAcceptable(EndpointId id);
  Progress AcceptSome(Endpoint& endpoint);
  // How many to accept before others get their turn.
  int MostToAccept(const Endpoint& endpoint) const;
  Progress AcceptOne(Endpoint& endpoint);
  Progress OnAcceptError(int error, Endpoint& endpoint);
  // Its share is used up: paused until a connection ends, those just greeted have been swept, or
  // the rest is over.
  Progress PauseForRoom(Endpoint& endpoint);
  // Paused for want of descriptors or memory: counted.
  Progress PauseExhausted(Endpoint& endpoint);
  // Whether one more connection fits into the share and leaves others theirs.
  bool HasRoomFor(const Endpoint& endpoint) const;
  // Sees to it by ending some that have been greeted; false if there are none that may be.
  bool MakeRoomFor(const Endpoint& endpoint);
  // Divides the share among the endpoints.
  void Apportion();
  void Pause(Endpoint& endpoint);
  void Poll(EndpointId id, Endpoint& endpoint);
  // Lets paused and closing endpoints try again.
  void Tick();
  // Accepts some more of what is queued; closes the socket if that was all.
  void FinishClosing(EndpointId id, Endpoint& endpoint);
  void Remove(EndpointId id, const Endpoint& endpoint);
  int TimeoutMs() const;

  // Constant after construction.
  const net::FileDescriptor epoll_;
  const net::FileDescriptor wakeup_;
  const net::AcceptCall accept_;

  // Owned by the worker thread.
  Connections connections_;
  Moderation moderation_;
  // In this turn, and whether some are left.
  size_t accepted_ = 0;
  bool more_queued_ = false;
  std::map<EndpointId, Endpoint> endpoints_;
  size_t share_ = SIZE_MAX;
  // What each endpoint can count on, and what is open to all.
  size_t guaranteed_ = 0;
  size_t common_ = SIZE_MAX;
  // An endpoint is paused until there is room.
  bool wants_room_ = false;
  Clock::time_point now_;
  Clock::time_point next_tick_ = Clock::time_point::max();
  Clock::time_point drain_deadline_ = Clock::time_point::max();
  Closure drained_;

  // Guarded by mutex_.
  std::mutex mutex_;
  std::vector<Closure> posted_;

  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace greeter::data_plane

#endif  // GREETER_DATA_PLANE_WORKER_H_
