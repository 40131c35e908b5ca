// What terminals are shown: widths, colours, tables, plots.

#include <fcntl.h>
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

namespace greeter::admin_cli {
namespace {

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

TEST(TableTest, TheLastColumnFitsItsWindow) {
  const std::vector<Column> columns = {{"A"}, {"B"}};
  const std::vector<Row> rows = {{"a", "one two three four five"}, {"b", "six"}};
  EXPECT_EQ(RenderTable(columns, FitLastColumn(columns, rows, 19)),
            "A  B\na  one two three\n   four five\nb  six\n");
  // Too narrow to read.
  EXPECT_EQ(RenderTable(columns, FitLastColumn(columns, rows, 18)), RenderTable(columns, rows));
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
            "####################  12s, waiting for db1:1");
  EXPECT_EQ(RenderProgress({0.5, "half"}, 79, kColours), "━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌  half");
}

// What does not fit into its line would be drawn again and again below.
TEST(ProgressTest, FitsIntoItsLine) {
  const HowFar far = Waiting("unix:/run/a/very/long/path", absl::Seconds(5), absl::Seconds(10));
  EXPECT_EQ(RenderProgress(far, 40, {}), "##########----------  5s of 10s, waiting");
  EXPECT_EQ(WidthOf(RenderProgress(far, 40, kColours)), 40U);
}

}  // namespace
}  // namespace greeter::admin_cli
