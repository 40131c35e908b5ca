// How many of the connections handed to gRPC are still open, and where they come from. gRPC doesn't
// tell when it closes one, but the kernel gives each socket a cookie of its own (socket(7),
// SO_COOKIE): a descriptor that has another by now is another's.
//
// One owner, one thread.

#ifndef GREETER_ADMIN_CONNECTION_CENSUS_H_
#define GREETER_ADMIN_CONNECTION_CENSUS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace greeter::admin {

class ConnectionCensus {
 public:
  // 0: no bound for each peer.
  explicit ConnectionCensus(size_t most, size_t most_per_peer = 0)
      : most_(most), most_per_peer_(most_per_peer) {}

  // Whether as many as may be are open. Looks at each of them if it seems so.
  bool Full();

  // Whether the client of one of them has left, so that it is about to close.
  bool AnyLeft() const;

  // Whether the peer of `socket` has as many open as each may. A peer is an IPv4 address, or the
  // first 64 bits of an IPv6 one, the rest of which its owner chooses freely; all unix sockets are
  // one.
  bool FullFor(int socket);

  // `socket` is about to be handed over.
  void Add(int socket);

 private:
  struct Entry {
    int socket;
    uint64_t cookie;
    uint64_t peer;
  };
  void ForgetClosed();

  // Constant after construction.
  const size_t most_;
  const size_t most_per_peer_;

  // Owned by the calling thread.
  std::vector<Entry> entries_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_CONNECTION_CENSUS_H_
