// greeterd in a process of its own that may open few descriptors, and what it costs.
//
// Owned by one thread; the stub may be used by all. It is killed with its object.

#ifndef GREETER_TESTS_INTEGRATION_GREETERD_PROCESS_H_
#define GREETER_TESTS_INTEGRATION_GREETERD_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "greeter/admin/v1/admin.grpc.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/security/credentials.h"
#include "net/address.h"
#include "net/file_descriptor.h"

namespace greeter::testing {

namespace api = ::greeter::admin::v1;

class GreeterdProcess {
 public:
  // Starts it under `ulimit -n DESCRIPTORS` (soft and hard), with two workers, on ports that the
  // kernel chooses, and waits until it has announced them.
  // `more` options come after those, and --admin among them in its place; `credentials` are those
  // of its clients, null for none.
  explicit GreeterdProcess(int descriptors, const std::vector<std::string>& more = {},
                           std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr);
  ~GreeterdProcess();

  GreeterdProcess(const GreeterdProcess&) = delete;
  GreeterdProcess& operator=(const GreeterdProcess&) = delete;

  bool running() const { return stub_ != nullptr; }
  const net::Address& address() const { return address_; }
  const net::Address& admin() const { return admin_; }
  const net::Address& http() const { return http_; }
  // With --health.
  const net::Address& health() const { return health_; }

  // A stub with a connection of its own.
  std::unique_ptr<api::GreeterAdminService::Stub> NewStub() const;
  // Asks for the status; gives how long that took, InfiniteDuration() if it failed.
  static absl::Duration Ask(api::GreeterAdminService::Stub& stub);
  api::ConnectionCounts Counts();
  void SetMessage(const std::string& text);

  int OpenDescriptors() const;
  // Of processor time, in all its threads, since it started.
  absl::Duration Used() const;
  // The most memory that it has had resident, in MiB.
  int64_t PeakMemory() const;

  // SIGTERM; gives the exit code, -1 if it did not end in time.
  int Stop();

 private:
  std::string ReadLine();

  // Constant after construction.
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;

  pid_t pid_ = -1;
  net::FileDescriptor output_;
  net::Address address_ = *net::Address::Parse("127.0.0.1:0");
  net::Address admin_ = address_;
  net::Address http_ = address_;
  net::Address health_ = address_;
  std::unique_ptr<api::GreeterAdminService::Stub> stub_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_INTEGRATION_GREETERD_PROCESS_H_
