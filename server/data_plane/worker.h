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
#include "data_plane/service.h"
#include "net/file_descriptor.h"

namespace greeter::data_plane {

// Identifies an open address within an engine.
using EndpointId = uint32_t;

class Worker {
 public:
  using Closure = absl::AnyInvocable<void()>;

  // Starts a worker and its thread; `number` is the slot to count in, from 0. FAILED_PRECONDITION
  // if the kernel refuses what it needs.
  static absl::StatusOr<std::unique_ptr<Worker>> Start(size_t number);
  // Ends the thread; connections still open are closed.
  ~Worker();

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Runs `closure` on the worker thread, soon and in order. Any thread.
  void Post(Closure closure);

  // The following are called on the worker thread, by posted closures.

  // Accepts on `socket`, which is listening and non-blocking, and serves `service` there.
  // `shared`: other workers accept on duplicates of the same socket.
  void Open(EndpointId id, net::FileDescriptor socket, bool shared,
            std::shared_ptr<const Service> service);
  // Connections accepted from now on get `service`.
  void Update(EndpointId id, std::shared_ptr<const Service> service);
  // Accepts all that is queued, limits aside, then closes the socket and calls `done`. The owner
  // has seen to it that no more get in. Connections go on.
  void Close(EndpointId id, Closure done);
  // How many connections may be open: beyond that it makes room, or accepts no more for a while.
  void SetShare(size_t connections);
  // Calls `done` as soon as no connection is open, at the latest at `deadline`: then all that are
  // left have been cut.
  void Drain(Clock::time_point deadline, Closure done);

 private:
  // A socket to accept on.
  struct Endpoint {
    net::FileDescriptor socket;
    Connections::Use* use = nullptr;
    bool shared = false;
    // Not polled until the next tick: a limit is reached, or the kernel has run out of something.
    bool paused = false;
    // Set once it is closing.
    Closure closed;
    Clock::time_point close_deadline;
  };

  Worker(size_t number, net::FileDescriptor epoll, net::FileDescriptor wakeup);

  enum class Progress { kMore, kEmpty, kPause };

  void Run();
  void Wait();
  void RunPosted();
  void OnAcceptable(EndpointId id);
  Progress AcceptSome(Endpoint& endpoint);
  Progress AcceptOne(Endpoint& endpoint);
  void Pause(Endpoint& endpoint);
  void Poll(EndpointId id, Endpoint& endpoint);
  // Lets paused and closing endpoints try again.
  void Tick();
  // Accepts some more of what is queued; closes the socket if that was all.
  void FinishClosing(EndpointId id, Endpoint& endpoint);
  int TimeoutMs() const;

  // Constant after construction.
  const net::FileDescriptor epoll_;
  const net::FileDescriptor wakeup_;

  // Owned by the worker thread.
  Connections connections_;
  std::map<EndpointId, Endpoint> endpoints_;
  size_t share_ = SIZE_MAX;
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
