// How many of the connections handed to gRPC are still open. gRPC doesn't tell when it closes one,
// but the kernel gives each socket a cookie of its own (socket(7), SO_COOKIE): a descriptor that
// has another by now is another's.
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
  explicit ConnectionCensus(size_t most) : most_(most) {}

  // Whether as many as may be are open. Looks at each of them if it seems so.
  bool Full();

  // `socket` is about to be handed over.
  void Add(int socket);

 private:
  struct Entry {
    int socket;
    uint64_t cookie;
  };

  // Constant after construction.
  const size_t most_;

  // Owned by the calling thread.
  std::vector<Entry> entries_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_CONNECTION_CENSUS_H_
