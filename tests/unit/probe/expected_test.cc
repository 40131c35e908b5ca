// What is a greeting, byte for byte, however it is cut into pieces.

#include "probe/expected.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace greeter::probe {
namespace {

struct Verdict {
  Outcome outcome;
  size_t which;
};

// `bytes` come in pieces of `piece` at most.
Verdict Judge(const Expected& expected, const std::string& bytes, size_t piece) {
  Match match(expected);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    match.Take(bytes.data() + at, std::min(piece, bytes.size() - at));
  }
  EXPECT_EQ(match.received(), bytes.size());
  size_t which = 999;
  const Outcome outcome = match.Verdict(bytes, &which);
  return {outcome, which};
}

TEST(ExpectedTest, ChoosesAmongTextsInEveryCut) {
  const std::vector<std::string> texts = {"b", "abc", "", "ab", "abd", std::string("a\0c", 3)};
  const Expected expected = Expected::OneOf(texts);
  for (size_t piece = 1; piece <= 4; ++piece) {
    for (size_t i = 0; i < texts.size(); ++i) {
      const Verdict verdict = Judge(expected, texts[i], piece);
      EXPECT_EQ(verdict.outcome, Outcome::kGreeted) << texts[i];
      EXPECT_EQ(verdict.which, i);
    }
    EXPECT_EQ(Judge(expected, "a", piece).outcome, Outcome::kShort);
    EXPECT_EQ(Judge(expected, "abcd", piece).outcome, Outcome::kWrong);
    EXPECT_EQ(Judge(expected, "abe", piece).outcome, Outcome::kWrong);
    EXPECT_EQ(Judge(expected, "c", piece).outcome, Outcome::kWrong);
  }
}

TEST(ExpectedTest, HasNoLimitOfTexts) {
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i) texts.push_back("message " + std::to_string(i));
  const Expected expected = Expected::OneOf(texts);
  EXPECT_EQ(Judge(expected, "message 73", 3).which, 73U);
  EXPECT_EQ(Judge(expected, "message 1000", 3).outcome, Outcome::kWrong);
}

TEST(ExpectedTest, AnythingIsAtLeastAByte) {
  EXPECT_EQ(Judge(Expected::Anything(), "x", 1).outcome, Outcome::kGreeted);
  EXPECT_EQ(Judge(Expected::Anything(), "", 1).outcome, Outcome::kShort);
}

TEST(ExpectedTest, SearchesForAPattern) {
  const Expected expected = Expected::Matching("^web-[0-9]+ ").value();
  EXPECT_TRUE(expected.needs_bytes());
  EXPECT_EQ(Judge(expected, "web-12 greets", 4).outcome, Outcome::kGreeted);
  EXPECT_EQ(Judge(expected, "a web-12 greets", 4).outcome, Outcome::kWrong);
  EXPECT_EQ(Judge(expected, "", 4).outcome, Outcome::kShort);
  EXPECT_EQ(Judge(Expected::Matching("greets").value(), "it greets", 4).outcome, Outcome::kGreeted);
}

TEST(ExpectedTest, SaysWhatIsWrongWithAPattern) {
  EXPECT_THAT(std::string(Expected::Matching("web-(").status().message()),
              testing::HasSubstr("\"web-(\" is no regular expression: missing )"));
}

}  // namespace
}  // namespace greeter::probe
