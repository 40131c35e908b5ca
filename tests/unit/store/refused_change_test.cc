// Promise 7 through the controller: a change whose recording fails is refused, and all stays as it
// was.

#include <future>
#include <memory>

#include "control/change.h"
#include "control/controller.h"
#include "failing_disk.h"
#include "store_fixture.h"
#include "support/fake_data_plane.h"

namespace greeter::store {
namespace {

using ::testing::HasSubstr;

class RefusedChangeTest : public StoreTest {
 protected:
  using Result = absl::StatusOr<control::Controller::ChangeResult>;

  void StartController() {
    Open();
    controller_ = std::make_unique<control::Controller>(&data_plane_, store_.get(), options_);
    api::Config config;
    api::Listener& listener = *config.add_listeners();
    listener.set_name("default");
    listener.set_address(":9190");
    listener.mutable_greeting()->set_text("Hello world");
    ASSERT_TRUE(controller_->Start(config).ok());
  }
  ~RefusedChangeTest() override { controller_.reset(); }

  Result SetMessage(const std::string& text) {
    api::SetMessageRequest request;
    request.mutable_greeting()->set_text(text);
    std::promise<Result> result;
    controller_->Submit(control::SetMessage(request),
                        [&result](Result answer) { result.set_value(std::move(answer)); });
    return result.get_future().get();
  }
  std::string Served() { return controller_->snapshot()->config.listeners(0).greeting().text(); }

  FailingDisk disk_;
  testing::FakeDataPlane data_plane_;
  control::Controller::Options options_;
  std::unique_ptr<control::Controller> controller_;
};

TEST_F(RefusedChangeTest, TheOldMessageIsServedUntilTheDiskIsWellAgain) {
  StartController();
  ASSERT_TRUE(SetMessage("Moin").ok());
  const auto ill = [this](auto make_ill, auto make_well) {
    make_ill();
    for (int i = 0; i < 3; ++i) {
      const Result refused = SetMessage("Tach");
      EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable) << refused.status();
      EXPECT_THAT(std::string(refused.status().message()), HasSubstr("nothing changed"));
      EXPECT_EQ(Served(), "Moin");
    }
    make_well();
    const uint64_t before = controller_->snapshot()->revision.number();
    EXPECT_EQ(SetMessage("Tach")->revision.number(), before + 1);
    EXPECT_EQ(SetMessage("Moin")->revision.number(), before + 2);
  };
  for (const int error : {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_READONLY}) {
    ill([&] { disk_.write_error = error; }, [&] { disk_.write_error = SQLITE_OK; });
  }
  ill([&] { disk_.log_sync_error = SQLITE_IOERR_FSYNC; },
      [&] { disk_.log_sync_error = SQLITE_OK; });
  EXPECT_EQ(controller_->snapshot()->revision.number(), 10U);
  controller_.reset();
  Open();
  EXPECT_EQ(Newest(), 10U);
}

}  // namespace
}  // namespace greeter::store
