// Two network namespaces joined by a link that takes its time: what is far away on a machine of its
// own. The link is two TUN devices and a thread that carries packets between them.

#ifndef GREETER_TESTS_SUPPORT_FAR_NETWORK_H_
#define GREETER_TESTS_SUPPORT_FAR_NETWORK_H_

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "net/file_descriptor.h"

namespace greeter::testing {

class FarNetwork {
 public:
  // The server's side of the link.
  static constexpr char kServerIpv4[] = "10.91.0.1";
  static constexpr char kServerIpv6[] = "fd91::1";

  // A packet takes half of `round_trip` each way. Fails without privilege (CAP_SYS_ADMIN,
  // CAP_NET_ADMIN) or /dev/net/tun. The calling thread stays where it is.
  static absl::StatusOr<std::unique_ptr<FarNetwork>> Create(absl::Duration round_trip);
  ~FarNetwork();

  FarNetwork(const FarNetwork&) = delete;
  FarNetwork& operator=(const FarNetwork&) = delete;

  // Sockets and threads that the calling thread makes from now on are on that side.
  void EnterServerSide() const;
  void EnterClientSide() const;
  // Back to where Create() was called.
  void Leave() const;

  // From now on packets are lost, until Mend(). Any thread.
  void Cut() { cut_ = true; }
  void Mend() { cut_ = false; }

 private:
  struct Side {
    net::FileDescriptor network;
    net::FileDescriptor device;
  };

  FarNetwork() = default;
  static absl::StatusOr<Side> CreateSide(const std::string& ipv4, const std::string& ipv6);
  void Carry(absl::Duration delay);

  // Constant after construction.
  net::FileDescriptor home_;
  Side server_;
  Side client_;

  std::atomic<bool> cut_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread carrier_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_SUPPORT_FAR_NETWORK_H_
