#include "admin_cli/views/unified_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace greeter::admin_cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Diff(const std::string& before, const std::string& after) {
  return UnifiedDiff({"a", before}, {"b", after});
}

// "1\n2\n…" from `first` to `last`.
std::string Numbers(int first, int last) {
  std::string text;
  for (int i = first; i <= last; ++i) absl::StrAppend(&text, i, "\n");
  return text;
}

// What patch(1) makes of `text`; checks the context and the ranges on the way.
std::string Patched(const std::string& text, const std::string& diff) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  lines.pop_back();
  std::vector<std::string> out;
  size_t next = 0;
  std::vector<std::string> rows = absl::StrSplit(diff, '\n');
  for (size_t i = 2; i + 1 < rows.size(); ++i) {
    const std::string& row = rows[i];
    if (row[0] == '@') {
      const std::vector<std::string> ranges = absl::StrSplit(row, ' ');
      const std::vector<std::string> removed = absl::StrSplit(ranges[1].substr(1), ',');
      size_t line = 0;
      EXPECT_TRUE(absl::SimpleAtoi(removed[0], &line));
      const size_t begin = removed[1] == "0" ? line : line - 1;
      EXPECT_GE(begin, next);
      while (next < begin) out.push_back(lines[next++]);
      const std::vector<std::string> added = absl::StrSplit(ranges[2].substr(1), ',');
      EXPECT_TRUE(absl::SimpleAtoi(added[0], &line));
      EXPECT_EQ(out.size(), added[1] == "0" ? line : line - 1);
      continue;
    }
    if (row[0] != '+') {
      EXPECT_EQ(lines.at(next++), row.substr(1));
    }
    if (row[0] != '-') out.push_back(row.substr(1));
  }
  while (next < lines.size()) out.push_back(lines[next++]);
  return out.empty() ? "" : absl::StrJoin(out, "\n") + "\n";
}

TEST(UnifiedDiffTest, IsEmptyForTheSameText) {
  EXPECT_EQ(Diff("", ""), "");
  EXPECT_EQ(Diff("x\n", "x\n"), "");
}

TEST(UnifiedDiffTest, ShowsAChangeWithThreeLinesAround) {
  EXPECT_EQ(Diff(Numbers(1, 9), Numbers(1, 4) + "five\n" + Numbers(6, 9)),
            "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST(UnifiedDiffTest, FromAndToNothing) {
  EXPECT_EQ(Diff("", "x\ny\n"), "--- a\n+++ b\n@@ -0,0 +1,2 @@\n+x\n+y\n");
  EXPECT_EQ(Diff("x\n", ""), "--- a\n+++ b\n@@ -1,1 +0,0 @@\n-x\n");
}

TEST(UnifiedDiffTest, JoinsHunksThatWouldTouch) {
  // Six lines between the changes: one hunk. Seven: two.
  const std::string six = Diff("a\n" + Numbers(1, 6) + "b\n", "A\n" + Numbers(1, 6) + "B\n");
  EXPECT_EQ(six, "--- a\n+++ b\n@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
  const std::string seven = Diff("a\n" + Numbers(1, 7) + "b\n", "A\n" + Numbers(1, 7) + "B\n");
  EXPECT_EQ(seven,
            "--- a\n+++ b\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n"
            "@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}

TEST(UnifiedDiffTest, IsTheShortest) {
  // Three lines in common.
  const std::string diff = Diff("a\nb\nc\nd\n", "b\nx\nc\nd\ny\n");
  EXPECT_EQ(diff, "--- a\n+++ b\n@@ -1,4 +1,5 @@\n-a\n b\n+x\n c\n d\n+y\n");
}

TEST(UnifiedDiffTest, PatchesAnyTextIntoAnyOther) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same texts every time
  for (int round = 0; round < 2000; ++round) {
    const auto text = [&random] {
      std::string made;
      const auto lines = random() % 30;
      for (unsigned i = 0; i < lines; ++i) absl::StrAppend(&made, random() % 4, "\n");
      return made;
    };
    const std::string before = text();
    const std::string after = text();
    ASSERT_EQ(Patched(before, Diff(before, after)), after) << before << "\n" << after;
  }
}

TEST(UnifiedDiffTest, TextsWithoutMuchInCommonAreReplaced) {
  const std::string before = "same\n" + Numbers(1, 200'000) + "end\n";
  const std::string after = "same\n" + Numbers(300'000, 500'000) + "end\n";
  const std::string diff = Diff(before, after);
  EXPECT_THAT(diff.substr(0, 100),
              StartsWith("--- a\n+++ b\n@@ -1,200002 +1,200003 @@\n same\n-1\n"));
  EXPECT_EQ(Patched(before, diff), after);
}

}  // namespace
}  // namespace greeter::admin_cli
