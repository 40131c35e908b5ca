// Promise 7: a change that can't be recorded is refused with a reason, the old message is served,
// and it works again when the cause is gone.

#include <unistd.h>

#include <filesystem>
#include <string>

#include "e2e/clients.h"
#include "e2e/greeter_fixture.h"
#include "gmock/gmock.h"
#include "support/immutable.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kUnreachable = 3;

class StateTroubleTest : public GreeterTest {
 protected:
  void Start() { greeter_ = &StartGreeter({"--state-dir", Path("state")}); }
  std::string File() const { return Path("state/greeter.db"); }
  void SetMessage(const std::string& text) {
    const Finished finished = Ctl({"message", "set", text});
    ASSERT_EQ(finished.code, 0) << finished;
    EXPECT_EQ(Greet(greeter_->address(), text), "greeted");
  }
  // A change is refused, for `why`, and `served` is what clients go on getting.
  void ExpectRefused(const std::string& why, const std::string& served) {
    for (int twice = 0; twice < 2; ++twice) {
      const Finished finished = Ctl({"message", "set", "Refused"});
      EXPECT_EQ(finished.code, kUnreachable) << finished;
      EXPECT_THAT(finished.err, AllOf(HasSubstr("nothing changed"), HasSubstr(why)));
      EXPECT_EQ(Greet(greeter_->address(), served), "greeted");
    }
    EXPECT_TRUE(greeter_->WaitForLog("outcome=UNAVAILABLE")) << greeter_->log();
    EXPECT_THAT(greeter_->log(), HasSubstr("reason=\"nothing changed: "));
  }

  Greeter* greeter_ = nullptr;
};

TEST_F(StateTroubleTest, AFileThatIsMovedAndPutBack) {
  Start();
  SetMessage("Before");
  std::filesystem::rename(File(), Path("aside"));
  ExpectRefused("deleted or moved", "Before");
  std::filesystem::rename(Path("aside"), File());
  SetMessage("After");
}

TEST_F(StateTroubleTest, AFileThatIsReplacedByABackup) {
  Start();
  SetMessage("Before");
  std::filesystem::copy_file(File(), Path("backup"));
  std::filesystem::rename(Path("backup"), File());
  ExpectRefused("restart greeterd to begin with the new one", "Before");
  greeter_->Stop();
  Start();
  SetMessage("After");
}

// As the refusal advises.
TEST_F(StateTroubleTest, ADirectoryThatIsDeleted) {
  Start();
  SetMessage("Before");
  std::filesystem::remove_all(Path("state"));
  ExpectRefused("greeterctl config get > FILE", "Before");
  WriteFile("saved.yaml", Ctl({"config", "get"}).out);
  greeter_->Stop();
  greeter_ = &StartGreeter({"--state-dir", Path("state"), "--config", Path("saved.yaml")});
  EXPECT_EQ(Greet(greeter_->address(), "Before"), "greeted");
  SetMessage("After");
}

TEST_F(StateTroubleTest, FilesThatTurnReadOnly) {
  Start();
  SetMessage("Before");
  const auto set_immutable = [this](bool on) {
    return SetImmutable(File(), on) && SetImmutable(File() + "-wal", on);
  };
  if (!set_immutable(true)) {
    set_immutable(false);
    GTEST_SKIP() << "skipped: this file system, or this user, can't make files immutable";
  }
  ExpectRefused("greeter.db", "Before");
  ASSERT_TRUE(set_immutable(false));
  SetMessage("After");
}

}  // namespace
}  // namespace greeter::testing
