// Accepts the connections of the admin port, or of the health port, in a thread of its own, and
// hands them over.
//
// gRPC could accept for itself, but goes deaf for good when it once runs out of descriptors (seen
// in 1.51: the failed accept is never tried again). This acceptor pauses, and tries again.
//
// It has a cap, and one for each peer: these connections, too, must leave descriptors to the rest
// of the process, and nobody is to take all that there are. Those beyond it are closed as soon as
// they are accepted, the newest first as it were, because whoever is connected may be an operator
// at work; and it is logged, once a minute at most. A client sees UNAVAILABLE, and a connection
// closed without a word. But nobody is turned away for the sake of those who are leaving: until
// they have, nobody is accepted, and the backlog is the waiting room. gRPC sets the pace then; what
// hangs is not waited for (ConnectionCensus::AnyLeaving()).

#ifndef GREETER_ADMIN_ACCEPTOR_H_
#define GREETER_ADMIN_ACCEPTOR_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "admin/connection_census.h"
#include "admin/log_pause.h"
#include "net/accept.h"
#include "net/file_descriptor.h"

namespace greeter::admin {

// How long accepting pauses when the machine or the process has no descriptor or memory left.
inline constexpr absl::Duration kExhaustedPause = absl::Milliseconds(50);

class Acceptor {
 public:
  // Takes a connected socket, non-blocking and close-on-exec, and whether it is the daemon's own.
  // On the acceptor's thread.
  using Handover = std::function<void(net::FileDescriptor, bool own)>;

  struct Options {
    // The port's, for the log.
    std::string name = "admin";
    // The daemon's own connection is let in even if there is no place. One of them at a time.
    std::function<bool(int socket)> is_own = [](int) { return false; };
    net::AcceptCall accept = accept4;
  };

  // Starts accepting from `listener`, a listening socket that does not block, those for whom there
  // is a place in `census`, which takes note of them. Both outlive the acceptor.
  // FAILED_PRECONDITION if there are no descriptors left to begin with.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Start(int listener, ConnectionCensus* census,
                                                         Options options, Handover handover);

  // As Stop().
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Ends the thread: nothing is handed over any more. Idempotent; by the owner.
  void Stop();

 private:
  enum class Outcome { kDrained, kMore, kFull, kExhausted };

  Acceptor(int listener, ConnectionCensus* census, net::FileDescriptor wake, Options options,
           Handover handover);
  void Run();
  // Accepts those who wait, up to a bound.
  Outcome AcceptWaiting();
  void HandOver(net::FileDescriptor connection);
  void TurnAway(bool one_peer);
  void OnExhausted(int error);

  // Constant after construction.
  const int listener_;
  ConnectionCensus* const open_;
  const net::FileDescriptor wake_;
  const Options options_;
  const Handover handover_;

  // Owned by the acceptor's thread.
  // Since it was logged.
  uint64_t turned_away_ = 0;
  LogPause turning_away_;
  LogPause exhaustion_;

  std::thread thread_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_ACCEPTOR_H_
