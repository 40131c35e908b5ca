// WatchStatus: at once, on change, not too often, and never without an end.

#include <memory>
#include <string>
#include <thread>

#include "admin_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace greeter::testing {
namespace {

using ::testing::SizeIs;
using Clock = std::chrono::steady_clock;

class AdminWatchTest : public AdminTest {
 protected:
  struct Watch {
    Context context;
    std::unique_ptr<grpc::ClientReader<api::WatchStatusResponse>> reader;
    api::WatchStatusResponse response;

    bool Read() { return reader->Read(&response); }
    uint64_t revision() const { return response.status().revision().number(); }
    uint64_t accepted() const { return response.status().listeners(0).counts().accepted(); }
  };

  std::unique_ptr<Watch> StartWatch(std::chrono::milliseconds interval,
                                    const std::string& listener = "") {
    auto watch = std::make_unique<Watch>();
    api::WatchStatusRequest request;
    request.set_listener(listener);
    request.mutable_min_interval()->set_seconds(interval.count() / 1000);
    request.mutable_min_interval()->set_nanos(
        static_cast<int32_t>(interval.count() % 1000 * 1000 * 1000));
    watch->reader = stub_->WatchStatus(&watch->context, request);
    return watch;
  }
};

TEST_F(AdminWatchTest, SendsAtOnceAndWhenSomethingChanged) {
  StartAdmin();
  const auto watch = StartWatch(std::chrono::milliseconds(100));
  ASSERT_TRUE(watch->Read());
  EXPECT_EQ(watch->revision(), 1);
  ASSERT_TRUE(SetMessage("changed").ok());
  ASSERT_TRUE(watch->Read());
  EXPECT_EQ(watch->revision(), 2);
  data_plane_.SetAccepted(5);
  ASSERT_TRUE(watch->Read());
  EXPECT_EQ(watch->accepted(), 5);
}

TEST_F(AdminWatchTest, SendsAtMostOncePerIntervalAndNeverTheSameTwice) {
  StartAdmin();
  data_plane_.CountEveryReading();
  const auto watch = StartWatch(std::chrono::milliseconds(200));
  const auto begin = Clock::now();
  uint64_t last = 0;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(watch->Read());
    EXPECT_GT(watch->accepted(), last);
    last = watch->accepted();
  }
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(4 * 200 - 20));
}

TEST_F(AdminWatchTest, SlowReaderIsSentTheNewestState) {
  // So large that HTTP/2's flow control takes few of them from the sender before they are read.
  data_plane_.PadStatus(3 * 1024 * 1024);
  StartAdmin();
  data_plane_.CountEveryReading();
  const auto watch = StartWatch(std::chrono::milliseconds(100));
  // Twenty intervals with twenty changes go by unread.
  const auto deadline = Clock::now() + kPatience;
  while (data_plane_.accepted() < 20 && Clock::now() < deadline) std::this_thread::yield();
  ASSERT_TRUE(watch->Read());
  int reads = 1;
  while (watch->accepted() < 20 && reads < 20) {
    ASSERT_TRUE(watch->Read());
    ++reads;
  }
  EXPECT_LE(reads, 8);
}

TEST_F(AdminWatchTest, EndsNotFoundWhenTheListenerIsRemoved) {
  StartAdmin();
  const auto watch = StartWatch(std::chrono::milliseconds(100), "default");
  ASSERT_TRUE(watch->Read());
  api::ApplyConfigRequest request;
  *request.mutable_config()->add_listeners() = MakeListener("other", "127.0.0.1:9191");
  api::ApplyConfigResponse response;
  Context context;
  ASSERT_TRUE(stub_->ApplyConfig(&context, request, &response).ok());
  while (watch->Read()) {
  }
  EXPECT_EQ(watch->reader->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(AdminWatchTest, UnknownListenerIsNotFound) {
  StartAdmin();
  const auto watch = StartWatch(std::chrono::milliseconds(100), "nobody");
  EXPECT_FALSE(watch->Read());
  EXPECT_EQ(watch->reader->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(AdminWatchTest, IntervalOutOfRangeIsInvalid) {
  StartAdmin();
  for (const auto interval :
       {std::chrono::milliseconds(99), std::chrono::milliseconds(0),
        std::chrono::milliseconds(-5000), std::chrono::milliseconds(3600 * 1000 + 1)}) {
    const auto watch = StartWatch(interval);
    EXPECT_FALSE(watch->Read());
    const grpc::Status status = watch->reader->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    const google::rpc::BadRequest violations = Violations(status);
    ASSERT_THAT(violations.field_violations(), SizeIs(1));
    EXPECT_EQ(violations.field_violations(0).field(), "min_interval");
  }
}

TEST_F(AdminWatchTest, LongestIntervalSendsAtOnceAndCancelsAtOnce) {
  StartAdmin();
  const auto watch = StartWatch(std::chrono::hours(1));
  ASSERT_TRUE(watch->Read());
  watch->context.TryCancel();
  EXPECT_FALSE(watch->Read());
  EXPECT_EQ(watch->reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(AdminWatchTest, EndsUnavailableWhenTheServerStops) {
  StartAdmin();
  const auto idle = StartWatch(std::chrono::hours(1));
  const auto busy = StartWatch(std::chrono::milliseconds(100));
  ASSERT_TRUE(idle->Read());
  ASSERT_TRUE(busy->Read());
  const auto begin = Clock::now();
  Stop(absl::Seconds(15));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5));
  for (const auto* watch : {&idle, &busy}) {
    while ((*watch)->Read()) {
    }
    const grpc::Status status = (*watch)->reader->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(status.error_message(), admin::OpenCalls::StoppingError().message());
  }
}

TEST_F(AdminWatchTest, ReaderThatDoesNotReadDelaysNoStop) {
  data_plane_.PadStatus(1024 * 1024);
  StartAdmin();
  const auto watch = StartWatch(std::chrono::milliseconds(100));
  const auto deadline = Clock::now() + kPatience;
  data_plane_.CountEveryReading();
  while (data_plane_.accepted() < 3 && Clock::now() < deadline) std::this_thread::yield();
  const auto begin = Clock::now();
  Stop(absl::Milliseconds(300));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace greeter::testing
