// Promise 10: always reachable, and known to be. The admin port under accept's errors, beyond its
// cap, and its check of itself.

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "admin_fixture.h"
#include "gtest/gtest.h"
#include "net/address.h"
#include "net/file_descriptor.h"
#include "support/failing_accept.h"
#include "support/wait_for.h"

namespace greeter::testing {
namespace {

constexpr absl::Duration kLong = absl::Seconds(20);

size_t OpenDescriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

class AdminPortTest : public AdminTest {
 protected:
  AdminPortTest() {
    admin_options_.entrance.accept = kernel_.Call();
    admin_options_.self_check.interval = absl::Hours(1);
  }
  // The server accepts through kernel_.
  ~AdminPortTest() override { admin_.reset(); }

  net::FileDescriptor OpenConnection() const {
    const absl::StatusOr<net::Address> to = net::Address::Parse(admin_->bound_address());
    net::FileDescriptor fd(socket(to->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(fd.get(), to->data(), to->size()), 0);
    return fd;
  }

  // Whether gRPC says something there; false if it is closed without a word.
  static bool IsServed(const net::FileDescriptor& connection) {
    pollfd waiting = {connection.get(), POLLIN, 0};
    EXPECT_EQ(poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(kLong))), 1);
    char byte = 0;
    return recv(connection.get(), &byte, 1, MSG_PEEK) == 1;
  }

  grpc::Status AskAnew() const {
    Context context;
    context.set_wait_for_ready(true);
    api::GetStatusResponse response;
    return api::GreeterAdminService::NewStub(Connect(admin_->bound_address()))
        ->GetStatus(&context, {}, &response);
  }

  // A check every few milliseconds.
  void CheckOften() {
    admin_options_.self_check = {absl::Milliseconds(5), absl::Milliseconds(500), 3};
  }

  FailingAccept kernel_;
};

TEST_F(AdminPortTest, LostConnectionsAreSkipped) {
  StartAdmin();
  kernel_.Fail(ECONNABORTED, 20);
  EXPECT_TRUE(AskAnew().ok());
  EXPECT_EQ(kernel_.failed(), 20u);
}

TEST_F(AdminPortTest, ErrorsPauseAndPass) {
  StartAdmin();
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EBADF, ECONNABORTED}) {
    const uint64_t before = kernel_.failed();
    const absl::Time begin = absl::Now();
    kernel_.Fail(error);
    const net::FileDescriptor connection = OpenConnection();
    // 64 lost ones are one turn.
    const uint64_t calls = error == ECONNABORTED ? 256 : 4;
    ASSERT_TRUE(WaitFor([&] { return kernel_.failed() >= before + calls; }, kLong)) << error;
    EXPECT_GE(absl::Now() - begin, 3 * admin::kExhaustedPause) << error;
    kernel_.Recover();
    EXPECT_TRUE(IsServed(connection)) << error;
  }
}

TEST_F(AdminPortTest, BeyondTheCapTheNewestAreClosed) {
  // Each takes three descriptors.
  admin_options_.entrance.max_descriptors = 15;
  StartAdmin();
  ASSERT_TRUE(GetStatus().ok());
  std::vector<net::FileDescriptor> connections;
  for (int i = 0; i < 4; ++i) {
    connections.push_back(OpenConnection());
    EXPECT_TRUE(IsServed(connections.back()));
  }
  const size_t descriptors = OpenDescriptors();
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(IsServed(OpenConnection()));
  EXPECT_EQ(OpenDescriptors(), descriptors);
  // Whoever was there before is still served.
  EXPECT_TRUE(GetStatus().ok());

  connections.pop_back();
  const grpc::Status newcomer = AskAnew();
  EXPECT_TRUE(newcomer.ok()) << newcomer.error_message();
}

TEST_F(AdminPortTest, ADeafPortIsNotServing) {
  CheckOften();
  admin_options_.self_check.timeout = absl::Milliseconds(50);
  StartAdmin();
  ASSERT_EQ(Health(""), "SERVING");
  kernel_.Fail(EMFILE);
  EXPECT_TRUE(WaitFor([&] { return Health("") == "NOT_SERVING"; }, kLong));
  EXPECT_EQ(Health("greeter.data"), "SERVING");
  kernel_.Recover();
  EXPECT_TRUE(WaitFor([&] { return Health("") == "SERVING"; }, kLong));
}

// The check has a place of its own: strangers who take all others do not make it look dead.
TEST_F(AdminPortTest, AFullPortIsStillServing) {
  CheckOften();
  admin_options_.entrance.max_descriptors = 15;
  StartAdmin();
  ASSERT_EQ(Health(""), "SERVING");
  std::vector<net::FileDescriptor> connections;
  for (int i = 0; i < 20; ++i) connections.push_back(OpenConnection());
  EXPECT_TRUE(WaitFor([&, before = kernel_.accepted()] { return kernel_.accepted() > before + 60; },
                      kLong));
  EXPECT_EQ(Health(""), "SERVING");
}

TEST_F(AdminPortTest, OneFailureIsNone) {
  CheckOften();
  StartAdmin();
  ASSERT_EQ(Health(""), "SERVING");
  // Three turns without an answer, of 50 ms each, are less than a check's timeout.
  kernel_.Fail(EMFILE, 3);
  ASSERT_TRUE(WaitFor([&] { return kernel_.failed() == 3; }, kLong));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(Health(""), "SERVING");
}

TEST_F(AdminPortTest, ChecksLeakNothing) {
  CheckOften();
  admin_options_.self_check.interval = absl::Milliseconds(1);
  StartAdmin();
  ASSERT_TRUE(GetStatus().ok());
  const size_t before = OpenDescriptors();
  ASSERT_TRUE(WaitFor([&] { return kernel_.accepted() >= 100; }, kLong));
  // The check under way has two.
  EXPECT_TRUE(WaitFor([&] { return OpenDescriptors() <= before + 2; }, kLong))
      << OpenDescriptors() << " after " << before;
}

TEST_F(AdminPortTest, ChecksAUnixSocketToo) {
  const TemporaryDirectory directory;
  CheckOften();
  admin_options_.self_check.timeout = absl::Milliseconds(50);
  StartAdmin("unix:" + directory.File("admin.sock"));
  ASSERT_EQ(Health(""), "SERVING");
  kernel_.Fail(EMFILE);
  EXPECT_TRUE(WaitFor([&] { return Health("") == "NOT_SERVING"; }, kLong));
  kernel_.Recover();
  EXPECT_TRUE(WaitFor([&] { return Health("") == "SERVING"; }, kLong));
}

// A check under way does not keep the stop waiting.
TEST_F(AdminPortTest, StopsInTheMiddleOfACheck) {
  CheckOften();
  admin_options_.self_check.timeout = absl::Hours(1);
  StartAdmin();
  ASSERT_TRUE(GetStatus().ok());
  kernel_.Fail(EMFILE);
  ASSERT_TRUE(WaitFor([&] { return kernel_.failed() >= 2; }, kLong));
  const absl::Time begin = absl::Now();
  Stop(absl::Seconds(1));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
}

}  // namespace
}  // namespace greeter::testing
