// A network namespace of a test's own: nobody else listens there, or connects.

#ifndef GREETER_TESTS_SUPPORT_OWN_NETWORK_H_
#define GREETER_TESTS_SUPPORT_OWN_NETWORK_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/file_descriptor.h"

namespace greeter::testing {

// The calling thread's network, to be come back to.
net::FileDescriptor CurrentNetwork();

// Takes the calling thread, and threads that it starts from now on, to a new network that has
// nothing but a loopback device. Fails without privilege (CAP_SYS_ADMIN, CAP_NET_ADMIN).
absl::Status EnterNewNetwork();

// For as long as this lives; one thread.
class OwnNetwork {
 public:
  static absl::StatusOr<std::unique_ptr<OwnNetwork>> Enter();
  // Back to where Enter() was called.
  ~OwnNetwork();

  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;

 private:
  explicit OwnNetwork(net::FileDescriptor home) : home_(std::move(home)) {}

  const net::FileDescriptor home_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_SUPPORT_OWN_NETWORK_H_
