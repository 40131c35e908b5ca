// What terminals are shown: widths, colours, tables, plots, and the picture of status --watch.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "admin_cli/terminal/look.h"
#include "admin_cli/terminal/progress.h"
#include "admin_cli/terminal/readable.h"
#include "admin_cli/terminal/sparkline.h"
#include "admin_cli/terminal/table.h"
#include "admin_cli/terminal/text_width.h"
#include "admin_cli/watch/live_view.h"
#include "admin_cli/watch/rates.h"

namespace greeter::admin_cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr Look kColours{true, true, true, true};

TEST(TextWidthTest, CountsColumnsNotBytes) {
  EXPECT_EQ(WidthOf("abc"), 3u);
  EXPECT_EQ(WidthOf("été"), 3u);
  EXPECT_EQ(WidthOf("e\u0301"), 1u);
  EXPECT_EQ(WidthOf("日本"), 4u);
  EXPECT_EQ(WidthOf(kColours.Paint(Hue::kRed, "日")), 2u);
}

TEST(TextWidthTest, CutsBetweenCharactersAndEndsColours) {
  EXPECT_EQ(CutTo("日本", 3), "日");
  EXPECT_EQ(CutTo("abc", 3), "abc");
  EXPECT_EQ(CutTo("\x1b[31mabc\x1b[0m", 2), "\x1b[31mab\x1b[0m");
}

TEST(TableTest, ColoursTakeNoRoom) {
  const std::vector<Column> columns = {{"A"}, {"B"}};
  EXPECT_EQ(RenderTable(columns, {{"日", {"x", Hue::kGreen}}, {"b", ""}}, kColours),
            "\x1b[1mA\x1b[0m   \x1b[1mB\x1b[0m\n日  \x1b[32mx\x1b[0m\nb\n");
  EXPECT_EQ(RenderTable(columns, {{"b", {"x", Hue::kGreen}}}), "A  B\nb  x\n");
}

TEST(LookTest, WhatIsNoTerminalHasNoColoursAndIsNotDrawnOn) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  setenv("TERM", "xterm", 1);
  const Look look = LookOf(ends[1]);
  EXPECT_FALSE(look.is_terminal || look.draws || look.colour);
  EXPECT_EQ(look.Paint(Hue::kRed, "x"), "x");
  close(ends[0]);
  close(ends[1]);
}

TEST(LookTest, ATerminalHasColoursUnlessItsUserWantsNone) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(terminal, 0);
  unsetenv("NO_COLOR");
  setenv("TERM", "xterm", 1);
  EXPECT_TRUE(LookOf(terminal).colour);
  setenv("TERM", "dumb", 1);
  EXPECT_FALSE(LookOf(terminal).colour || LookOf(terminal).draws);
  unsetenv("TERM");
  EXPECT_FALSE(LookOf(terminal).colour || LookOf(terminal).draws);
  setenv("TERM", "xterm", 1);
  setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(LookOf(terminal).colour);
  EXPECT_TRUE(LookOf(terminal).draws);
  // As no-color.org has it: empty is not set.
  setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(LookOf(terminal).colour);
  for (const char* variable : {"NO_COLOR", "TERM"}) unsetenv(variable);
  close(terminal);
}

TEST(LookTest, TheLocaleSaysWhetherThereIsMoreThanAscii) {
  const std::pair<const char*, bool> locales[] = {
      {"", false}, {"C", false}, {"POSIX", false}, {"C.UTF-8", true}, {"de_DE.utf8", true}};
  unsetenv("LC_ALL");
  unsetenv("LC_CTYPE");
  for (const auto& [locale, utf8] : locales) {
    setenv("LANG", locale, 1);
    EXPECT_EQ(LookOf(-1).utf8, utf8) << locale;
  }
  // Which counts more than LANG.
  setenv("LC_ALL", "C", 1);
  EXPECT_FALSE(LookOf(-1).utf8);
  for (const char* variable : {"LANG", "LC_ALL"}) unsetenv(variable);
}

TEST(LookTest, ChangesAreGreenAndRed) {
  EXPECT_EQ(PaintChanges(kColours, "+a\n-b\n c\n"), "\x1b[32m+a\x1b[0m\n\x1b[31m-b\x1b[0m\n c\n");
  EXPECT_EQ(PaintChanges({}, "+a\n"), "+a\n");
}

TEST(SparklineTest, TheHighestIsFullAndNothingIsADot) {
  EXPECT_EQ(Sparkline({0, 1, 50, 100}, 10, true), "·▁▄█");
  EXPECT_EQ(Sparkline({0, 1, 50, 100}, 2, false), "=#");
  EXPECT_EQ(Sparkline({0, 0}, 10, true), "··");
  EXPECT_EQ(Sparkline({}, 10, true), "");
}

TEST(ReadableTest, NumbersAndTimes) {
  EXPECT_EQ(WithCommas(0), "0");
  EXPECT_EQ(WithCommas(999), "999");
  EXPECT_EQ(WithCommas(1'234'567), "1,234,567");
  EXPECT_EQ(Utc(absl::FromUnixSeconds(1'000'000'000)), "2001-09-09 01:46:40 UTC");
  EXPECT_EQ(Age(absl::Seconds(59)), "59s");
  EXPECT_EQ(Age(absl::Seconds(70)), "1m 10s");
  EXPECT_EQ(Age(absl::Minutes(125)), "2h 5m");
  EXPECT_EQ(Age(absl::Hours(76)), "3d 4h");
}

TEST(ProgressTest, ShowsHowFarItIs) {
  EXPECT_EQ(RenderProgress(Waiting("db1:1", absl::Seconds(5), absl::Seconds(10)), 79, {}),
            "##########----------  5s of 10s, waiting for db1:1");
  EXPECT_EQ(RenderProgress(Waiting("db1:1", absl::Seconds(12), absl::Seconds(10)), 79, {}),
            "####################  12s of 10s, waiting for db1:1");
  EXPECT_EQ(RenderProgress({0.5, "half"}, 79, kColours), "━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌  half");
}

// What does not fit into its line would be drawn again and again below.
TEST(ProgressTest, FitsIntoItsLine) {
  const HowFar far = Waiting("unix:/run/a/very/long/path", absl::Seconds(5), absl::Seconds(10));
  EXPECT_EQ(RenderProgress(far, 40, {}), "##########----------  5s of 10s, waiting");
  EXPECT_EQ(WidthOf(RenderProgress(far, 40, kColours)), 40U);
}

api::ServerStatus StatusWith(uint64_t accepted) {
  api::ServerStatus status;
  status.set_server_id("a");
  auto* listener = status.add_listeners();
  listener->set_name("default");
  listener->set_state(api::ListenerStatus::STATE_LISTENING);
  listener->set_bound_address("127.0.0.1:9190");
  listener->mutable_counts()->set_accepted(accepted);
  return status;
}

TEST(RatesTest, AreConnectionsPerSecond) {
  Rates rates;
  const absl::Time start = absl::FromUnixSeconds(1000);
  rates.Add(StatusWith(5), start);
  EXPECT_THAT(rates.Of("default"), IsEmpty());
  rates.Add(StatusWith(25), start + absl::Seconds(2));
  // Too soon: left for the next.
  rates.Add(StatusWith(26), start + absl::Seconds(2.1));
  rates.Add(StatusWith(30), start + absl::Seconds(3));
  EXPECT_THAT(rates.Of("default"), ElementsAre(DoubleNear(10, 0.01), DoubleNear(5, 0.01)));
  // Another start, with counts of its own.
  api::ServerStatus other = StatusWith(1);
  other.set_server_id("b");
  rates.Add(other, start + absl::Seconds(4));
  EXPECT_THAT(rates.Of("default"), IsEmpty());
  EXPECT_THAT(rates.Of("unknown"), IsEmpty());
}

class LiveViewTest : public ::testing::Test {
 protected:
  std::vector<std::string> Draw(const ScreenSize& size, absl::Duration after) const {
    return view_.Lines(size, "q ends", start_ + after);
  }

  const absl::Time start_ = absl::FromUnixSeconds(1'000'000'000);
  LiveView view_{{"db1:50051"}, Look{true, true, false, true}};
};

TEST_F(LiveViewTest, ShowsListenersWithTheirRates) {
  EXPECT_THAT(Draw({}, absl::ZeroDuration()), Contains("db1:50051  connecting"));
  view_.Add({0, start_, StatusWith(1000)});
  view_.Add({0, start_ + absl::Seconds(1), StatusWith(1250)});
  const auto lines = Draw({100, 24}, absl::Seconds(1));
  EXPECT_THAT(lines, Contains(StartsWith("db1:50051  connected  up ")));
  EXPECT_THAT(lines, Contains("default   listening  127.0.0.1:9190     0     1,250      250  █"));
  EXPECT_EQ(lines.back(), "2001-09-09 01:46:41 UTC  q ends");
}

TEST_F(LiveViewTest, SilenceMeansThatNobodyConnects) {
  view_.Add({0, start_, StatusWith(1000)});
  view_.Tick(start_ + absl::Seconds(1));
  EXPECT_THAT(Draw({100, 24}, absl::Seconds(1)), Contains(HasSubstr("1,000        -")));
  view_.Tick(start_ + absl::Seconds(2));
  EXPECT_THAT(Draw({100, 24}, absl::Seconds(2)), Contains(HasSubstr("1,000        0  ·")));
}

TEST_F(LiveViewTest, SaysSinceWhenAServerIsLostAndKeepsWhatItSaid) {
  view_.Add({0, start_, StatusWith(1000)});
  view_.Add({0, start_ + absl::Seconds(1), absl::UnavailableError("gone")});
  view_.Add({0, start_ + absl::Seconds(5), absl::UnavailableError("still gone")});
  const auto lines = Draw({100, 24}, absl::Seconds(8));
  EXPECT_THAT(lines, AllOf(Contains("db1:50051  UNREACHABLE for 7s; below is what it said last"),
                           Contains("still gone; trying again every second"),
                           Contains(HasSubstr("127.0.0.1:9190     0     1,000        -"))));
  view_.Add({0, start_ + absl::Seconds(9), StatusWith(1000)});
  EXPECT_THAT(Draw({100, 24}, absl::Seconds(9)), Each(Not(HasSubstr("UNREACHABLE"))));
}

TEST_F(LiveViewTest, FitsIntoItsWindow) {
  api::ServerStatus status = StatusWith(0);
  for (int i = 0; i < 30; ++i) *status.add_listeners() = status.listeners(0);
  view_.Add({0, start_, status});
  const auto lines = Draw({40, 10}, absl::Seconds(1));
  EXPECT_EQ(lines.size(), 10u);
  EXPECT_THAT(lines[8], HasSubstr("more lines"));
  EXPECT_THAT(lines[9], HasSubstr("q ends"));
}

}  // namespace
}  // namespace greeter::admin_cli
