// --health: the health service alone, in plaintext, beside an admin port that demands certificates.

#include <sys/socket.h>

#include <string>
#include <vector>

#include "every_method.h"
#include "gmock/gmock.h"
#include "support/failing_accept.h"
#include "support/wait_for.h"
#include "tls_connection.h"
#include "tls_fixture.h"

namespace greeter::testing {
namespace {

class HealthPortTest : public TlsTest {
 protected:
  HealthPortTest() {
    admin_options_.health = "127.0.0.1:0";
    admin_options_.health_entrance.accept = kernel_.Call();
  }
  // The server accepts through kernel_.
  ~HealthPortTest() override { admin_.reset(); }

  void StartBoth() {
    StartTls();
    // Health() asks there.
    channel_ = Connect(admin_->health_address());
  }

  FailingAccept kernel_;
};

TEST_F(HealthPortTest, AnswersWithoutACertificate) {
  data_plane_.Refuse("127.0.0.1:9190");
  StartBoth();
  EXPECT_EQ(Health(""), "SERVING");
  EXPECT_EQ(Health("greeter.data"), "NOT_SERVING");
  data_plane_.Allow("127.0.0.1:9190");
  EXPECT_TRUE(WaitFor([&] { return Health("greeter.data") == "SERVING"; }));
  EXPECT_TRUE(Outcome(channel_, "/grpc.health.v1.Health/Watch").ok());
  admin_->SetNotServing();
  EXPECT_EQ(Health(""), "NOT_SERVING");
  EXPECT_EQ(Health("greeter.data"), "NOT_SERVING");
}

TEST_F(HealthPortTest, NothingElseAnswersThere) {
  StartBoth();
  ASSERT_EQ(Health(""), "SERVING");
  for (const char* method :
       {"/greeter.admin.v1.GreeterAdminService/GetStatus",
        "/greeter.admin.v1.GreeterAdminService/StopListening",
        "/greeter.admin.v1.GreeterAdminService/WatchStatus",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "/a.b/C"}) {
    EXPECT_EQ(Outcome(channel_, method).error_code(), grpc::UNIMPLEMENTED) << method;
  }
  EXPECT_EQ(controller_->snapshot()->revision.number(), 1u);
}

TEST_F(HealthPortTest, SaysThatTheAdminPortDoesNotAnswer) {
  FailingAccept admin_kernel;
  admin_options_.entrance.accept = admin_kernel.Call();
  admin_options_.self_check = {absl::Milliseconds(5), absl::Milliseconds(50), 3};
  StartBoth();
  ASSERT_EQ(Health(""), "SERVING");
  admin_kernel.Fail(EMFILE);
  EXPECT_TRUE(WaitFor([&] { return Health("") == "NOT_SERVING"; }));
  admin_kernel.Recover();
  EXPECT_TRUE(WaitFor([&] { return Health("") == "SERVING"; }));
  admin_.reset();
}

// Strangers who take all places do not make a greeterd that serves look dead.
TEST_F(HealthPortTest, ThatTheAdminPortIsFullIsNoDeath) {
  FailingAccept admin_kernel;
  admin_options_.entrance.accept = admin_kernel.Call();
  admin_options_.entrance.max_descriptors = 3;
  admin_options_.self_check = {absl::Milliseconds(1), absl::Seconds(10), 3};
  StartBoth();
  const net::Address admin = net::Address::Parse(admin_->bound_address()).value();
  std::vector<net::FileDescriptor> strangers;
  // The check may have one of the places now and then.
  for (int i = 0; i < 20; ++i) strangers.push_back(ConnectFrom("127.0.0.2", admin));
  EXPECT_TRUE(WaitFor(
      [&, before = admin_kernel.accepted()] { return admin_kernel.accepted() > before + 60; }));
  EXPECT_EQ(Health(""), "SERVING");
  admin_.reset();
}

TEST_F(HealthPortTest, OneAddressHasItsPartOfIt) {
  admin_options_.health_entrance.max_descriptors = 30;
  admin_options_.health_entrance.max_per_peer = 6;
  StartBoth();
  const net::Address health = net::Address::Parse(admin_->health_address()).value();
  std::vector<net::FileDescriptor> connections;
  char byte = 0;
  for (int i = 0; i < 2; ++i) {
    connections.push_back(ConnectFrom("127.0.0.2", health));
    EXPECT_EQ(recv(connections.back().get(), &byte, 1, 0), 1);
  }
  const net::FileDescriptor beyond = ConnectFrom("127.0.0.2", health);
  EXPECT_EQ(recv(beyond.get(), &byte, 1, 0), 0);
  EXPECT_EQ(Health(""), "SERVING");
}

TEST_F(HealthPortTest, RecoversFromALackOfDescriptors) {
  StartBoth();
  kernel_.Fail(EMFILE);
  const auto newcomer = Connect(admin_->health_address());
  channel_ = newcomer;
  newcomer->GetState(/*try_to_connect=*/true);
  ASSERT_TRUE(WaitFor([&] { return kernel_.failed() > 2; }));
  kernel_.Recover();
  EXPECT_TRUE(WaitFor([&] { return Health("") == "SERVING"; }));
}

TEST_F(HealthPortTest, AddressInUseSaysSo) {
  StartBoth();
  admin_options_.health = admin_->health_address();
  control::Controller controller(&data_plane_, &store_, {});
  admin::AdminServer second(&controller, admin_options_);
  const absl::Status status = second.Listen("127.0.0.1:0");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("--health"));
}

}  // namespace
}  // namespace greeter::testing
