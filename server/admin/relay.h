// Carries bytes between pairs of connected sockets, in a thread of its own: between the clients of
// one port and gRPC, which hears of them no more than a StreamGuard and the port's CallBudget
// admit. Who is cut off is logged, once a minute at most.

#ifndef GREETER_ADMIN_RELAY_H_
#define GREETER_ADMIN_RELAY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "admin/call_budget.h"
#include "admin/log_pause.h"
#include "admin/relayed_pair.h"
#include "net/file_descriptor.h"

namespace greeter::admin {

class Relay {
 public:
  struct Options {
    // The port's, for the log.
    std::string name = "admin";
    // As CallBudget().
    size_t most_unfinished = kMostUnfinished;
    // How long a client may take to receive the rest once the server's side has closed.
    absl::Duration linger = absl::Seconds(5);
  };

  // FAILED_PRECONDITION if there are no descriptors left to begin with. It takes two.
  static absl::StatusOr<std::unique_ptr<Relay>> Start(Options options);

  // As Stop(absl::ZeroDuration()).
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Relays between `client` and `server` until the server's side has closed and the client has what
  // came before, or has had its time; one that has ended its stream and doesn't take it gets none.
  // Then both are closed, and `ended` is called, on the relay's thread. A client that is gone does
  // not end it by itself: the server's side reads an end of stream, and closes. Any thread; before
  // Stop().
  void Add(RelaySocket client, RelaySocket server, std::function<void()> ended);

  // Ends the thread when no pair is left, after `timeout` at the latest; what is left then is
  // closed, and ended. To be called when the servers' sides are closed, or closing. Idempotent; by
  // the owner.
  void Stop(absl::Duration timeout);

 private:
  Relay(Options options, net::FileDescriptor epoll, net::FileDescriptor wake);
  void Run();
  // Takes what was added. Returns when to end, if Stop() has been called.
  std::optional<absl::Time> TakeAdded();
  // Waits for events, until `until` at the latest, and handles them.
  void HandleEvents(absl::Time until);
  // Watches what `pair` waits for now, or marks it as over.
  void Settle(RelayedPair* pair);
  // Cuts off who has most of what is not whole, if that is too much.
  void MakeRoom();
  void EndOverdue();
  // Lets those go on who have waited longest.
  void GiveTurns();
  void End(RelayedPair* pair);

  // Constant after construction.
  const Options options_;
  const net::FileDescriptor epoll_;
  const net::FileDescriptor wake_;

  // Guarded by mutex_.
  std::mutex mutex_;
  std::vector<std::unique_ptr<RelayedPair>> added_;
  std::optional<absl::Time> stop_;

  // Owned by the relay's thread.
  RelayBuffer buffer_ = {};
  CallBudget budget_;
  std::map<RelayedPair*, std::unique_ptr<RelayedPair>> pairs_;
  // Those whose clients have little time left, in the order of their deadlines.
  std::list<RelayedPair*> lingering_;
  // Those whose next call has to wait, the longest first.
  std::list<RelayedPair*> waiting_;
  uint64_t cut_off_ = 0;
  LogPause cutting_off_;
  // Those that are over; destroyed when nothing refers to them any more.
  std::vector<RelayedPair*> over_;

  std::thread thread_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_RELAY_H_
