// probe on the command line.

#include <gmock/gmock.h>

#include "command_line_fixture.h"

namespace greeter::admin_cli {
namespace {

using testing::HasSubstr;

using ProbeLineTest = CommandLineTest;

TEST_F(ProbeLineTest, HasDefaults) {
  const auto probe = ParseAs<ProbeCommand>({"probe", "web1:9190"});
  EXPECT_EQ(probe.address, "web1:9190");
  EXPECT_FALSE(probe.expect || probe.expect_regex || probe.expect_refused || probe.expect_timeout);
  EXPECT_FALSE(probe.is_many());
  EXPECT_EQ(probe.timeout, absl::Seconds(10));
}

TEST_F(ProbeLineTest, TakesItsOptions) {
  const auto probe = ParseAs<ProbeCommand>({"probe", ":1", "--expect", "", "--count", "100",
                                            "--concurrency", "8", "--duration", "1m", "--rate",
                                            "2.5", "--histogram", "--timeout", "2s"});
  EXPECT_EQ(probe.expect, "");
  EXPECT_EQ(probe.count, 100U);
  EXPECT_EQ(probe.concurrency, 8U);
  EXPECT_EQ(probe.duration, absl::Minutes(1));
  EXPECT_EQ(probe.rate, 2.5);
  EXPECT_TRUE(probe.histogram && probe.is_many());
  EXPECT_EQ(probe.timeout, absl::Seconds(2));
  EXPECT_EQ(ParseAs<ProbeCommand>({"probe", ":1", "--expect-regex", "a|b"}).expect_regex, "a|b");
  EXPECT_TRUE(ParseAs<ProbeCommand>({"probe", ":1", "--expect-refused"}).expect_refused);
  EXPECT_TRUE(ParseAs<ProbeCommand>({"probe", ":1", "--expect-timeout"}).expect_timeout);
}

TEST_F(ProbeLineTest, RefusesWhatContradictsItself) {
  const std::vector<std::vector<std::string>> expectations = {
      {"--expect", "x"}, {"--expect-regex", "x"}, {"--expect-refused"}, {"--expect-timeout"}};
  for (const auto& one : expectations) {
    for (const auto& other : expectations) {
      if (one == other) continue;
      std::vector<std::string> line = {"probe", ":1"};
      line.insert(line.end(), one.begin(), one.end());
      line.insert(line.end(), other.begin(), other.end());
      EXPECT_THAT(Refusal(line), HasSubstr("only one of --expect, ")) << one[0] << other[0];
    }
  }
  for (const auto& [option, value] : {std::pair{"--rate", "5"}, std::pair{"--concurrency", "5"}}) {
    EXPECT_THAT(Refusal({"probe", ":1", option, value}), HasSubstr("--count or --duration"));
  }
  EXPECT_THAT(Refusal({"probe", ":1", "--histogram"}), HasSubstr("--count or --duration"));
  EXPECT_THAT(Refusal({"-o", "json", "probe", ":1", "--histogram", "--count", "2"}),
              HasSubstr("--histogram is for people"));
}

TEST_F(ProbeLineTest, RefusesWhatIsNoValue) {
  EXPECT_THAT(Refusal({"probe"}), HasSubstr("ADDR is required"));
  for (const char* count : {"0", "-1", "x", "1.5", "1000000000001"}) {
    EXPECT_THAT(Refusal({"probe", ":1", "--count", count}),
                HasSubstr("is not a whole number from 1 to 1000000000000"));
  }
  EXPECT_THAT(Refusal({"probe", ":1", "--count", "2", "--concurrency", "100001"}),
              HasSubstr("from 1 to 100000"));
  for (const char* rate : {"0", "-1", "x", "nan", "1000001"}) {
    EXPECT_THAT(Refusal({"probe", ":1", "--count", "2", "--rate", rate}), HasSubstr("--rate"));
  }
  for (const char* duration : {"0s", "10", "-1s", "x"}) {
    EXPECT_THAT(Refusal({"probe", ":1", "--duration", duration}),
                HasSubstr("positive duration with a unit"));
  }
  EXPECT_THAT(Refusal({"probe", ":1", "--duration", "inf"}),
              HasSubstr("--duration: \"inf\" is too long; at most 8760h;"));
  EXPECT_THAT(Refusal({"probe", ":1", "--expect-regex", ""}), HasSubstr("is empty"));
}

}  // namespace
}  // namespace greeter::admin_cli
