// A whole control plane behind a real admin server: a real controller, a store in memory, a data
// plane that binds nothing; and real clients.

#ifndef GREETER_TESTS_INTEGRATION_ADMIN_FIXTURE_H_
#define GREETER_TESTS_INTEGRATION_ADMIN_FIXTURE_H_

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "admin/admin_server.h"
#include "control/api.h"
#include "control/controller.h"
#include "google/rpc/error_details.pb.h"
#include "greeter/admin/v1/admin.grpc.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "gtest/gtest.h"
#include "store/memory_store.h"
#include "support/fake_data_plane.h"

namespace greeter::testing {

// How long anything may take that is to happen at once.
inline constexpr std::chrono::seconds kPatience(20);

// A directory that is gone after the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "admin-test-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string File(const std::string& name) const { return path_ / name; }
  // Writes a file whole, or not at all.
  void Write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

// A context whose call ends within kPatience.
class Context : public grpc::ClientContext {
 public:
  Context() { set_deadline(std::chrono::system_clock::now() + kPatience); }
};

// The listener "default" on 127.0.0.1:9190, saying "Hello world".
api::Config HelloConfig();
api::Listener MakeListener(const std::string& name, const std::string& address);

// The violations in a status' details; empty if there are none.
google::rpc::BadRequest Violations(const grpc::Status& status);

// A channel of its own to `address`, as people write addresses.
std::shared_ptr<grpc::Channel> Connect(const std::string& address);

// Calls `method` ("/package.Service/Method") with `request` as it is. `response`, if not null, is
// given the first response's bytes.
grpc::Status CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& request, std::string* response);

class AdminTest : public ::testing::Test {
 protected:
  ~AdminTest() override;

  // Starts everything; the admin server on `address`.
  void StartAdmin(const std::string& address = "127.0.0.1:0", api::Config config = HelloConfig());
  void Stop(absl::Duration timeout) { admin_->Stop(timeout); }

  grpc::Status SetMessage(const std::string& text, api::SetMessageResponse* response = nullptr);
  grpc::Status GetStatus(api::GetStatusResponse* response = nullptr);
  // The health service's answer for `service`: "SERVING", "NOT_SERVING" or the error's message.
  std::string Health(const std::string& service);

  // For StartAdmin().
  admin::AdminServer::Options admin_options_;
  FakeDataPlane data_plane_;
  store::MemoryStore store_;
  std::unique_ptr<control::Controller> controller_;
  std::unique_ptr<admin::AdminServer> admin_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<api::GreeterAdminService::Stub> stub_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_INTEGRATION_ADMIN_FIXTURE_H_
