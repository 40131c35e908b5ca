// How many of the connections handed to gRPC are still open, where they come from, and whether
// their clients have left. gRPC doesn't tell when it closes one, but the kernel gives each socket a
// cookie of its own (socket(7), SO_COOKIE): a descriptor that has another by now is another's.

#ifndef GREETER_ADMIN_CONNECTION_CENSUS_H_
#define GREETER_ADMIN_CONNECTION_CENSUS_H_

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/time/time.h"

namespace greeter::admin {

// For so long, from when it is noticed, a connection whose client has left is about to close. It
// takes gRPC milliseconds; one that takes longer hangs, and is as good as one that stays.
inline constexpr absl::Duration kLeaving = absl::Seconds(5);

// Any thread.
class ConnectionCensus {
 public:
  // 0: no bound for each peer.
  explicit ConnectionCensus(size_t most, size_t most_per_peer = 0)
      : most_(most), most_per_peer_(most_per_peer) {}

  // Whether as many as may be are open. Looks at each of them if it seems so.
  bool Full();

  // Whether, when Full() said so, the client of one of them had left, so that it is about to close.
  bool AnyLeaving(absl::Time now) const;

  // Whether the peer of `socket` has as many open as each may, or twice as many with those that it
  // has left. A peer is an IPv4 address, or the first 64 bits of an IPv6 one, the rest of which its
  // owner chooses freely; all unix sockets are one.
  bool FullFor(int socket);

  // `socket`, a client's, has been accepted.
  void Add(int socket);
  // `served` is about to be handed to gRPC for `client`, one of those added: the two have one
  // place, until both are closed.
  void AddServed(int client, int served);

 private:
  struct Socket {
    int descriptor = -1;
    uint64_t cookie = 0;
  };
  struct Entry {
    Socket client;
    // Same as the client's while there is none.
    Socket served;
    uint64_t peer = 0;
    // When its client was seen to have left.
    std::optional<absl::Time> left = std::nullopt;
  };
  static Socket Identify(int descriptor);
  static bool IsOpen(const Socket& socket);
  // With mutex_ held. Forgets those that are closed, and notes who has left.
  void Look();
  // With mutex_ held.
  template <typename Predicate>
  size_t Count(Predicate counts) const;

  // Constant after construction.
  const size_t most_;
  const size_t most_per_peer_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_CONNECTION_CENSUS_H_
