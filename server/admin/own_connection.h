// Tells the connection of the daemon's own check (SelfCheck) from its clients', so that it is let
// in when they have taken all places: otherwise strangers could make greeterd look dead.

#ifndef GREETER_ADMIN_OWN_CONNECTION_H_
#define GREETER_ADMIN_OWN_CONNECTION_H_

#include <mutex>
#include <optional>

#include "absl/status/status.h"
#include "net/address.h"

namespace greeter::admin {

// Any thread.
class OwnConnection {
 public:
  // `socket`, of address family `family`, is about to connect: gives it an address by which it is
  // known. FAILED_PRECONDITION if there is none left.
  absl::Status Announce(int socket, int family);

  // Whether `accepted`, a connected socket, is its other end.
  bool IsOtherEnd(int accepted) const;

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::optional<net::Address> announced_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_OWN_CONNECTION_H_
