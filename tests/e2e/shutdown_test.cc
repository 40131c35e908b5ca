// How greeterd ends.

#include <unistd.h>

#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "e2e/clients.h"
#include "e2e/greeter_fixture.h"
#include "gmock/gmock.h"
#include "load/held_connections.h"

namespace greeter::testing {
namespace {

using ::testing::HasSubstr;

class ShutdownTest : public GreeterTest {
 protected:
  // A client that neither reads nor closes.
  static std::unique_ptr<load::HeldConnections> HoldOne(Greeter& greeter) {
    auto held = load::HeldConnections::Open({*probe::ParseTarget(greeter.address())}, 1);
    EXPECT_TRUE(held.ok()) << held.status();
    EXPECT_TRUE(WaitUntil([&] { return greeter.Counts().open() == 1; }));
    return *std::move(held);
  }
};

// Promise 5: nothing reset.
TEST_F(ShutdownTest, EitherSignalUnderLoadLosesNobody) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Greeter& greeter = StartGreeter();
    Clients clients(SixtyFour({greeter.address()}));
    ASSERT_TRUE(WaitUntil([&] { return clients.finished() > 500; }));
    const Finished finished = greeter.Stop(signal);
    const probe::Report report = clients.Stop();
    EXPECT_EQ(finished.code, 0) << finished;
    EXPECT_LT(finished.took, absl::Seconds(5));
    EXPECT_THAT(finished.err, HasSubstr(signal == SIGTERM ? "SIGTERM" : "SIGINT"));
    EXPECT_EQ(report.connections(),
              report.count(probe::Outcome::kGreeted) + report.count(probe::Outcome::kRefused))
        << report.ToText();
    EXPECT_GT(report.count(probe::Outcome::kRefused), 0u);
  }
}

TEST_F(ShutdownTest, HealthTurnsBeforeServingEnds) {
  Greeter& greeter = StartGreeter({"--shutdown-delay", "1h"});
  EXPECT_EQ(greeter.Health(""), "SERVING");
  EXPECT_EQ(greeter.Health("greeter.data"), "SERVING");
  greeter.Signal(SIGTERM);
  EXPECT_TRUE(WaitUntil([&] { return greeter.Health("greeter.data") == "NOT_SERVING"; }));
  // The hour is not over: it serves still.
  EXPECT_EQ(Greet(greeter.address()), "greeted");
  // A second signal ends it at once.
  const Finished finished = greeter.Stop(SIGTERM);
  EXPECT_EQ(finished.code, -SIGTERM) << finished;
  EXPECT_LT(finished.took, absl::Seconds(5));
}

TEST_F(ShutdownTest, DelayEndsByItself) {
  Greeter& greeter = StartGreeter({"--shutdown-delay", "300ms"});
  const Finished finished = greeter.Stop();
  EXPECT_EQ(finished.code, 0) << finished;
  EXPECT_GE(finished.took, absl::Milliseconds(300));
}

TEST_F(ShutdownTest, DrainTimeoutCutsTheStuck) {
  Greeter& greeter = StartGreeter({"--drain-timeout", "300ms"});
  const auto held = HoldOne(greeter);
  const Finished finished = greeter.Stop();
  EXPECT_EQ(finished.code, 0) << finished;
  EXPECT_GE(finished.took, absl::Milliseconds(300));
  // The linger limit is 5 s.
  EXPECT_LT(finished.took, absl::Seconds(4));
}

TEST_F(ShutdownTest, SecondSignalEndsADrain) {
  const std::string file = WriteFile("patient.yaml", R"(listeners:
  - name: default
    address: "127.0.1.1:0"
    greeting: {text: "Hello world"}
    limits: {lingerTimeout: 1h}
)");
  Greeter& greeter = StartGreeter({"--config", file, "--drain-timeout", "1h"});
  const auto held = HoldOne(greeter);
  greeter.Signal(SIGINT);
  ASSERT_TRUE(greeter.WaitForLog("SIGINT: stopping"));
  // The drain has begun.
  ASSERT_TRUE(WaitUntil([&] { return Greet(greeter.address()) == "refused"; }));
  const Finished finished = greeter.Stop(SIGINT);
  EXPECT_EQ(finished.code, -SIGINT) << finished;
  EXPECT_LT(finished.took, absl::Seconds(5));
}

TEST_F(ShutdownTest, UnixSocketsLeaveNoFiles) {
  Greeter& greeter =
      StartGreeter({"--listen", "unix:" + Path("data"), "--admin", "unix:" + Path("admin")});
  ASSERT_EQ(access(Path("data").c_str(), F_OK), 0);
  ASSERT_EQ(access(Path("admin").c_str(), F_OK), 0);
  EXPECT_EQ(greeter.Stop().code, 0);
  EXPECT_NE(access(Path("data").c_str(), F_OK), 0);
  EXPECT_NE(access(Path("admin").c_str(), F_OK), 0);
}

// After kill -9 the files are still there; the next start takes them over.
TEST_F(ShutdownTest, UnixSocketsLeftBehindAreTakenOver) {
  const std::vector<std::string> options = {"--listen", "unix:" + Path("data"), "--admin",
                                            "unix:" + Path("admin")};
  EXPECT_EQ(StartGreeter(options).Stop(SIGKILL).code, -SIGKILL);
  ASSERT_EQ(access(Path("data").c_str(), F_OK), 0);
  Greeter& greeter = StartGreeter(options);
  EXPECT_EQ(Greet(greeter.address()), "greeted");
  EXPECT_EQ(Ctl({"status"}).code, 0);
}

}  // namespace
}  // namespace greeter::testing
