// Tells the connection of the daemon's own check (SelfCheck) from its clients', so that it is let
// in when they have taken all places: otherwise strangers could make greeterd look dead.

#ifndef GREETER_ADMIN_OWN_CONNECTION_H_
#define GREETER_ADMIN_OWN_CONNECTION_H_

#include <mutex>
#include <optional>

#include "net/address.h"

namespace greeter::admin {

// Any thread.
class OwnConnection {
 public:
  // connect(2) of `socket`, which doesn't block, to `address`; 0 or errno. It is known by the
  // address that it has then, until Forget().
  int Connect(int socket, const net::Address& address);
  void Forget();

  // Whether `accepted`, a connected socket, is its other end; asked once.
  bool IsOtherEnd(int accepted);

 private:
  std::mutex mutex_;
  // Guarded by mutex_.
  std::optional<net::Address> known_by_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_OWN_CONNECTION_H_
