// What the daemon shows over HTTP, asked by curl.

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "e2e/clients.h"
#include "e2e/greeter_fixture.h"
#include "gmock/gmock.h"

namespace greeter::testing {
namespace {

using ::testing::HasSubstr;

class ObserveTest : public GreeterTest {
 protected:
  Greeter& StartObserved(std::vector<std::string> options = {}) {
    options.insert(options.end(), {"--http", "127.0.0.1:0"});
    return StartGreeter(std::move(options));
  }

  static std::string Get(const Greeter& greeter, const std::string& path) {
    return RunProgram({.arguments = {"curl", "--silent", "--max-time", "30",
                                     absl::StrCat(greeter.page(), path)}})
        .out;
  }
  static std::string Code(const Greeter& greeter, const std::string& path) {
    return RunProgram(
               {.arguments = {"curl", "--silent", "--max-time", "30", "--output", "/dev/null",
                              "--write-out", "%{http_code}", absl::StrCat(greeter.page(), path)}})
        .out;
  }
};

TEST_F(ObserveTest, CountsAreThoseOfTheApi) {
  Greeter& greeter = StartObserved();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Greet(greeter.address()), "greeted");
  ASSERT_TRUE(WaitUntil([&] { return greeter.Counts().completed() == 3; }));
  const std::string metrics = Get(greeter, "metrics");
  EXPECT_THAT(metrics, HasSubstr("greeter_connections_accepted_total{listener=\"default\"} 3\n"));
  EXPECT_THAT(metrics, HasSubstr("outcome=\"completed\"} 3\n"));
  EXPECT_THAT(metrics,
              HasSubstr("greeter_connection_lifetime_seconds_count{listener=\"default\"} 3\n"));
  EXPECT_THAT(metrics, HasSubstr("GetConnectionCounts\",code=\"OK\"}"));
}

TEST_F(ObserveTest, CallsThatFailAreCountedByTheirCode) {
  Greeter& greeter = StartObserved();
  EXPECT_EQ(Ctl({"message", "set", "-l", "nobody", "Hello"}).code, 4);
  EXPECT_THAT(Get(greeter, "metrics"), HasSubstr("SetMessage\",code=\"NOT_FOUND\"} 1\n"));
}

TEST_F(ObserveTest, ProbesSayWhatHealthSays) {
  Greeter& greeter = StartObserved({"--shutdown-delay", "1h"});
  EXPECT_EQ(Code(greeter, "livez"), "200");
  EXPECT_EQ(Code(greeter, "readyz"), "200");
  EXPECT_EQ(Ctl({"stop"}).code, 0);
  EXPECT_EQ(Code(greeter, "readyz"), "503");
  EXPECT_EQ(greeter.Health("greeter.data"), "NOT_SERVING");
  EXPECT_EQ(Code(greeter, "livez"), "200");
  EXPECT_EQ(Ctl({"start"}).code, 0);
  EXPECT_EQ(Code(greeter, "readyz"), "200");
  greeter.Signal(SIGTERM);
  EXPECT_TRUE(WaitUntil([&] { return Code(greeter, "readyz") == "503"; }));
}

TEST_F(ObserveTest, AnAddressThatWasAskedForIsHadOrRefused) {
  Greeter& greeter = StartObserved();
  const std::string taken = greeter.page().substr(7, greeter.page().size() - 8);
  const Finished refused =
      RunGreeter({"--listen", kAnyPort, "--admin", "127.0.0.1:0", "--http", taken});
  EXPECT_EQ(refused.code, 1) << refused;
  EXPECT_THAT(refused.err, HasSubstr("greeterd: --http: can't listen on"));
  EXPECT_THAT(refused.err, HasSubstr("Address already in use"));
}

TEST_F(ObserveTest, WhatIsNoAddressIsRefused) {
  for (const char* http : {"unix:/run/greeter", "9464", "localhost", "greeter.example:9464", ""}) {
    const Finished refused = RunGreeter({"--listen", kAnyPort, "--http", http});
    EXPECT_EQ(refused.code, 2) << http << ": " << refused;
    EXPECT_THAT(refused.err, HasSubstr("--http"));
  }
}

TEST_F(ObserveTest, NoneTurnsItOff) {
  Greeter& greeter = StartGreeter({}, {{"GREETER_HTTP", "none"}});
  EXPECT_EQ(greeter.page(), "");
  EXPECT_EQ(Greet(greeter.address()), "greeted");
}

TEST_F(ObserveTest, BeyondLoopbackItSaysSo) {
  Greeter& greeter = StartGreeter({}, {{"GREETER_HTTP", ":0"}});
  EXPECT_TRUE(greeter.WaitForLog("whoever reaches it may read"));
}

}  // namespace
}  // namespace greeter::testing
