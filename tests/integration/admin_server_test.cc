// The admin port: where it may listen, health, reflection, and its end.

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "admin/admin_listener.h"
#include "admin/stream_guard.h"
#include "admin_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/address.h"
#include "net/file_descriptor.h"
#include "net/unix_socket.h"
#include "support/http2.h"
#include "support/wait_for.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Clock = std::chrono::steady_clock;

class AdminServerTest : public AdminTest {
 protected:
  // Why `address` is refused.
  static absl::Status Refusal(const std::string& address) {
    return admin::ListenForAdmin(address).status();
  }

  // A connection that says nothing.
  net::FileDescriptor OpenConnection() const {
    const absl::StatusOr<net::Address> to = net::Address::Parse(admin_->bound_address());
    net::FileDescriptor fd(socket(to->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(fd.get(), to->data(), to->size()), 0);
    return fd;
  }

  // Those of gRPC's that serve reflection.
  static int ReflectionThreads() {
    int count = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      std::string name;
      std::getline(std::ifstream(task.path() / "comm"), name);
      count += name == "grpcpp_sync_ser" ? 1 : 0;
    }
    return count;
  }

  bool WaitForHealth(const std::string& service, const std::string& wanted) {
    const auto deadline = Clock::now() + kPatience;
    while (Clock::now() < deadline) {
      if (Health(service) == wanted) return true;
    }
    return false;
  }
};

// Promise 11: closed by default.
TEST_F(AdminServerTest, ReachableAddressesAreRefused) {
  for (const char* address :
       {":50051", "0.0.0.0:50051", "[::]:50051", "192.0.2.1:50051", "[2001:db8::1]:50051"}) {
    const absl::Status status = Refusal(address);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << address;
    EXPECT_THAT(
        std::string(status.message()),
        AllOf(HasSubstr("other machines"), HasSubstr("127.0.0.1:50051"), HasSubstr("unix:/path")))
        << address;
  }
}

TEST_F(AdminServerTest, MalformedAddressesAreRefused) {
  const std::string long_path = absl::StrCat("unix:/", std::string(107, 'x'));
  for (const std::string& address :
       {std::string(""), std::string("localhost"), std::string("127.0.0.1:65536"),
        std::string("unix:relative"), long_path}) {
    EXPECT_EQ(Refusal(address).code(), absl::StatusCode::kInvalidArgument) << address;
  }
  EXPECT_THAT(std::string(Refusal(long_path).message()), HasSubstr("107"));
}

TEST_F(AdminServerTest, AddressInUseSaysSo) {
  StartAdmin();
  const absl::Status status = Refusal(admin_->bound_address());
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(admin_->bound_address()),
                                                   HasSubstr("in use"), HasSubstr("ss -ltnp")));
}

TEST_F(AdminServerTest, ServesOnAUnixSocketAndRemovesIt) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("admin.sock");
  StartAdmin("unix:" + path);
  EXPECT_EQ(admin_->bound_address(), "unix:" + path);
  struct stat file = {};
  ASSERT_EQ(stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0660U);
  api::SetMessageResponse response;
  const grpc::Status status = SetMessage("over a unix socket", &response);
  ASSERT_TRUE(status.ok()) << status.error_message();

  // While it lives it is nobody else's.
  EXPECT_EQ(Refusal("unix:" + path).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(GetStatus().ok());
  Stop(absl::Seconds(1));
  EXPECT_NE(stat(path.c_str(), &file), 0);
}

TEST_F(AdminServerTest, StaleSocketIsReplaced) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("admin.sock");
  const absl::StatusOr<net::Address> address = net::Address::Parse("unix:" + path);
  net::FileDescriptor gone(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(bind(gone.get(), address->data(), address->size()), 0);
  gone.Close();
  StartAdmin("unix:" + path);
  EXPECT_TRUE(GetStatus().ok());
}

TEST_F(AdminServerTest, FileThatIsNoSocketIsLeftAlone) {
  const TemporaryDirectory directory;
  const std::string path = directory.File("notes");
  std::ofstream(path) << "precious";
  const absl::Status status = Refusal("unix:" + path);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no socket"));
  std::string kept;
  std::ifstream(path) >> kept;
  EXPECT_EQ(kept, "precious");
}

TEST_F(AdminServerTest, HealthFollowsTheDataPlane) {
  data_plane_.Refuse("127.0.0.1:9190");
  StartAdmin();
  EXPECT_EQ(Health(""), "SERVING");
  EXPECT_EQ(Health("greeter.data"), "NOT_SERVING");
  data_plane_.Allow("127.0.0.1:9190");
  EXPECT_TRUE(WaitForHealth("greeter.data", "SERVING"));
  Context context;
  api::StopListeningResponse response;
  ASSERT_TRUE(stub_->StopListening(&context, {}, &response).ok());
  EXPECT_EQ(Health("greeter.data"), "NOT_SERVING");
  EXPECT_THAT(Health("unknown"), Not(HasSubstr("SERVING")));
}

TEST_F(AdminServerTest, NotServingStaysSoWhileAllElseIsServed) {
  StartAdmin();
  EXPECT_EQ(Health("greeter.data"), "SERVING");
  admin_->SetNotServing();
  admin_->SetNotServing();
  EXPECT_EQ(Health(""), "NOT_SERVING");
  EXPECT_EQ(Health("greeter.data"), "NOT_SERVING");
  ASSERT_TRUE(SetMessage("still managed").ok());
  EXPECT_EQ(Health("greeter.data"), "NOT_SERVING");
}

TEST_F(AdminServerTest, ReflectionListsTheServices) {
  StartAdmin();
  // ServerReflectionRequest: string list_services = 7.
  std::string response;
  const grpc::Status status =
      CallRaw(channel_, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
              std::string("\x3a\x01*", 3), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(response, AllOf(HasSubstr("greeter.admin.v1.GreeterAdminService"),
                              HasSubstr("grpc.health.v1.Health")));
}

// Each of its streams has one of gRPC's threads for as long as it likes.
TEST_F(AdminServerTest, ReflectionHasNoMoreThreadsThanItMay) {
  StartAdmin();
  std::vector<net::FileDescriptor> clients;
  // ServerReflectionRequest: string list_services = 7. The streams are left open.
  const std::string request("\0\0\0\0\3\x3a\x01*", 8);
  for (int i = 0; i < 5; ++i) {
    std::string calls = Http2Preface();
    for (uint32_t stream = 1; stream < 2 * admin::kMostEarlyCalls; stream += 2) {
      calls += Http2Call(stream, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo") +
               Http2Frame(0, 0, stream, request);
    }
    clients.push_back(OpenConnection());
    ASSERT_GT(send(clients.back().get(), calls.data(), calls.size(), MSG_NOSIGNAL), 0);
  }
  // One polls, and the rest are its streams'.
  EXPECT_TRUE(WaitFor([] { return ReflectionThreads() >= 16; })) << ReflectionThreads();
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(GetStatus().ok());
  EXPECT_EQ(Health(""), "SERVING");
  EXPECT_LE(ReflectionThreads(), 16);
}

TEST_F(AdminServerTest, StopsInTimeWithIdleAndHalfOpenConnections) {
  StartAdmin();
  ASSERT_TRUE(GetStatus().ok());
  const net::FileDescriptor silent = OpenConnection();
  const net::FileDescriptor half = OpenConnection();
  ASSERT_EQ(send(half.get(), "PRI * HTTP", 10, MSG_NOSIGNAL), 10);
  const net::FileDescriptor greeted = OpenConnection();
  // The preface and an empty SETTINGS frame (RFC 9113, section 3.4), and then nothing more.
  const std::string preface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
  ASSERT_EQ(send(greeted.get(), preface.data(), preface.size(), MSG_NOSIGNAL), 33);
  char byte = 0;
  ASSERT_EQ(recv(greeted.get(), &byte, 1, 0), 1);

  const auto begin = Clock::now();
  Stop(absl::Seconds(15));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5));
  Stop(absl::Seconds(15));
  EXPECT_EQ(GetStatus().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(AdminServerTest, StopLetsACallFinish) {
  StartAdmin();
  data_plane_.Block();
  auto answer = std::async(std::launch::async, [this] { return SetMessage("the last one"); });
  ASSERT_TRUE(data_plane_.WaitUntilBlocked(20));
  auto stopped = std::async(std::launch::async, [this] { Stop(absl::Seconds(15)); });
  data_plane_.Release();
  const grpc::Status status = answer.get();
  EXPECT_TRUE(status.ok()) << status.error_message();
  stopped.get();
}

TEST_F(AdminServerTest, StopDoesNotWaitLongerThanItsTimeout) {
  StartAdmin();
  data_plane_.Block();
  auto answer = std::async(std::launch::async, [this] { return SetMessage("too late"); });
  ASSERT_TRUE(data_plane_.WaitUntilBlocked(20));
  const auto begin = Clock::now();
  Stop(absl::Milliseconds(200));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5));
  EXPECT_FALSE(answer.get().ok());
  // The controller answers a call that is over: nothing happens.
  data_plane_.Release();
  controller_->Stop();
}

TEST_F(AdminServerTest, LastWordOfAnOrderlyStopReachesTheClient) {
  StartAdmin();
  ASSERT_TRUE(SetMessage("x").ok());
  Stop(absl::ZeroDuration());
  EXPECT_EQ(SetMessage("y").error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace greeter::testing
