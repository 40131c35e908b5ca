// The admin service over a unix socket: who made a change, and that the way there is as good as a
// direct one.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "admin/peer_credentials.h"
#include "admin_fixture.h"
#include "gtest/gtest.h"
#include "net/address.h"
#include "net/file_descriptor.h"
#include "support/failing_accept.h"
#include "support/wait_for.h"
#include "unix_clients.h"

namespace greeter::testing {
namespace {

// More than the system's: no user has it.
constexpr uid_t kNobodysUid = 3'000'000'123;

std::string OwnName() { return admin::UserNames().NameOf(geteuid()); }

size_t OpenDescriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

class AdminUnixTest : public AdminTest {
 protected:
  AdminUnixTest() { admin_options_.self_check.interval = absl::Hours(1); }

  void Start() { StartAdmin("unix:" + path()); }
  std::string path() const { return directory_.File("admin.sock"); }

  net::FileDescriptor OpenConnection() const { return OpenUnixConnection(path()); }
  net::FileDescriptor OpenConnectionAs(uid_t uid) const {
    LetEveryoneConnect(path());
    return OpenUnixConnectionAs(path(), uid, uid);
  }

  // Who is said to have made a change over `connection`.
  static std::string AuthorOver(net::FileDescriptor connection) {
    const auto channel = ChannelOver(std::move(connection));
    Context context;
    api::SetMessageRequest request;
    request.mutable_greeting()->set_text(absl::StrCat("at ", absl::GetCurrentTimeNanos()));
    api::SetMessageResponse response;
    const grpc::Status status =
        api::GreeterAdminService::NewStub(channel)->SetMessage(&context, request, &response);
    return status.ok() ? response.revision().author() : status.error_message();
  }

  grpc::Status GetConfigAnew(api::GetConfigResponse* response) const {
    Context context;
    return api::GreeterAdminService::NewStub(Connect("unix:" + path()))
        ->GetConfig(&context, {}, response);
  }

  const TemporaryDirectory directory_;
};

TEST_F(AdminUnixTest, TheAuthorIsThePeersUser) {
  Start();
  api::SetMessageResponse response;
  const grpc::Status status = SetMessage("who am I?", &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.revision().author(), OwnName());
}

TEST_F(AdminUnixTest, EachConnectionHasItsOwnAuthor) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can connect as others";
  admin_options_.access.operators = {absl::StrCat("uid:", kNobodysUid), "uid:65534"};
  Start();
  EXPECT_EQ(AuthorOver(OpenConnectionAs(kNobodysUid)), absl::StrCat("uid ", kNobodysUid));
  EXPECT_EQ(AuthorOver(OpenConnectionAs(65534)), admin::UserNames().NameOf(65534));
  EXPECT_EQ(AuthorOver(OpenConnection()), OwnName());
}

// What a client calls its own socket tells nothing about who it is.
TEST_F(AdminUnixTest, ANamedClientIsNobodyElse) {
  Start();
  const absl::StatusOr<net::Address> to = net::Address::Parse("unix:" + path());
  net::FileDescriptor named(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  const std::string text = absl::StrCat("greeter-0-", getpid());
  std::copy(text.begin(), text.end(), &name.sun_path[1]);
  ASSERT_EQ(bind(named.get(), reinterpret_cast<const sockaddr*>(&name),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size())),
            0);
  ASSERT_EQ(connect(named.get(), to->data(), to->size()), 0);
  EXPECT_EQ(AuthorOver(std::move(named)), OwnName());
}

TEST_F(AdminUnixTest, LargestMessagesPassBothWays) {
  Start();
  const std::string text(64 * 1024, 'x');
  for (int i = 0; i < 20; ++i) {
    std::string changed = text;
    changed[static_cast<size_t>(i)] = 'y';
    const grpc::Status status = SetMessage(changed);
    ASSERT_TRUE(status.ok()) << status.error_message();
    api::GetConfigResponse response;
    ASSERT_TRUE(GetConfigAnew(&response).ok());
    EXPECT_TRUE(response.config().listeners(0).greeting().text() == changed);
  }
}

TEST_F(AdminUnixTest, ManyConnectionsComeAndGoAndLeaveNothing) {
  admin_options_.entrance.max_descriptors = 300;
  Start();
  ASSERT_TRUE(GetStatus().ok());
  const size_t before = OpenDescriptors();
  for (int i = 0; i < 300; ++i) {
    const net::FileDescriptor connection = OpenConnection();
    // Some say nothing, some what gRPC dislikes, some the beginning of something good.
    if (i % 3 == 1) send(connection.get(), "GET / HTTP/1.0\r\n\r\n", 18, MSG_NOSIGNAL);
    if (i % 3 == 2) send(connection.get(), "PRI * HTTP/2.0\r\n", 16, MSG_NOSIGNAL);
  }
  EXPECT_TRUE(WaitFor([&] { return OpenDescriptors() <= before; }, absl::Seconds(20)))
      << OpenDescriptors() << " after " << before;
  EXPECT_TRUE(GetStatus().ok());
}

// Each takes three descriptors, and the cap is one of descriptors.
TEST_F(AdminUnixTest, TheCapIsAThirdOfATcpAddress) {
  admin_options_.entrance.max_descriptors = 12;
  Start();
  ASSERT_TRUE(GetStatus().ok());
  std::vector<net::FileDescriptor> connections;
  char byte = 0;
  for (int i = 0; i < 3; ++i) {
    connections.push_back(OpenConnection());
    EXPECT_EQ(recv(connections.back().get(), &byte, 1, 0), 1);
  }
  const net::FileDescriptor beyond = OpenConnection();
  EXPECT_EQ(recv(beyond.get(), &byte, 1, 0), 0);
  connections.clear();
  EXPECT_TRUE(WaitFor([&] {
    const net::FileDescriptor next = OpenConnection();
    return recv(next.get(), &byte, 1, 0) == 1;
  }));
}

TEST_F(AdminUnixTest, ThatAllPlacesAreTakenIsNoDeath) {
  FailingAccept kernel;
  admin_options_.entrance.accept = kernel.Call();
  admin_options_.entrance.max_descriptors = 9;
  admin_options_.self_check = {absl::Milliseconds(1), absl::Seconds(10), 3};
  Start();
  std::vector<net::FileDescriptor> strangers;
  for (int i = 0; i < 20; ++i) strangers.push_back(OpenConnection());
  EXPECT_TRUE(WaitFor([&, before = kernel.accepted()] { return kernel.accepted() > before + 60; }));
  EXPECT_TRUE(admin_->alive());
  admin_.reset();
}

// A client that is killed between its request and the answer.
TEST_F(AdminUnixTest, ClientsThatVanishLeaveNothing) {
  Start();
  ASSERT_TRUE(GetStatus().ok());
  const size_t before = OpenDescriptors();
  for (int i = 0; i < 50; ++i) {
    auto channel = Connect("unix:" + path());
    grpc::ClientContext context;
    api::WatchStatusResponse response;
    const auto stream = api::GreeterAdminService::NewStub(channel)->WatchStatus(&context, {});
    ASSERT_TRUE(stream->Read(&response));
    context.TryCancel();
    stream->Finish();
  }
  EXPECT_TRUE(WaitFor([&] { return OpenDescriptors() <= before; }, absl::Seconds(20)))
      << OpenDescriptors() << " after " << before;
}

TEST_F(AdminUnixTest, StopsDuringTraffic) {
  Start();
  std::vector<std::thread> clients;
  std::atomic<bool> stopped = false;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      const auto stub = api::GreeterAdminService::NewStub(Connect("unix:" + path()));
      while (!stopped) {
        Context context;
        api::GetStatusResponse response;
        if (stub->GetStatus(&context, {}, &response).ok()) ++answered;
      }
    });
  }
  // One that reads nothing.
  const net::FileDescriptor silent = OpenConnection();
  EXPECT_TRUE(WaitFor([&] { return answered > 100; }));
  const absl::Time begin = absl::Now();
  Stop(absl::Seconds(1));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
  stopped = true;
  for (std::thread& client : clients) client.join();
}

}  // namespace
}  // namespace greeter::testing
