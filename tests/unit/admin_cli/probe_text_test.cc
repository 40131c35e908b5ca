// What people and programs are shown of a probe.

#include "admin_cli/views/probe_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/config_text.h"

namespace greeter::admin_cli {
namespace {

using probe::Outcome;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// One connection to 10.0.0.5:9190, a greeting expected.
ProbeResult One(Outcome outcome, const std::string& bytes = "", const std::string& error = "") {
  ProbeResult result;
  result.target = "10.0.0.5:9190";
  result.timeout = absl::Seconds(2);
  result.expectation = "a greeting";
  result.report.outcomes[static_cast<size_t>(outcome)] = 1;
  result.shown = {outcome,
                  error,
                  "10.0.0.5:9190",
                  "",
                  absl::Microseconds(120),
                  absl::Microseconds(310),
                  absl::Microseconds(420),
                  bytes.size(),
                  bytes};
  return result;
}

ProbeResult Many() {
  ProbeResult result = One(Outcome::kRefused);
  result.many = true;
  result.report.outcomes = {};
  result.report.outcomes[static_cast<size_t>(Outcome::kGreeted)] = 1234;
  result.report.outcomes[static_cast<size_t>(Outcome::kRefused)] = 2;
  result.report.elapsed = absl::Seconds(2);
  for (int i = 1; i <= 1234; ++i) result.report.total.Record(absl::Microseconds(i));
  result.answers = {{"web-1\n", 1000}, {"web-2\n", 234}};
  return result;
}

TEST(ProbeTextTest, SaysInOneLineHowItWent) {
  EXPECT_EQ(RenderProbe(One(Outcome::kGreeted, "Hello world")),
            "greeted by 10.0.0.5:9190: \"Hello world\" (11 bytes)\n"
            "connect 0.12 ms, first byte 0.31 ms, end 0.42 ms\n");
  ProbeResult refused = One(Outcome::kRefused);
  refused.shown->connect = refused.shown->first_byte = -absl::InfiniteDuration();
  EXPECT_EQ(RenderProbe(refused),
            "refused: nobody listens on 10.0.0.5:9190\nafter 0.42 ms\nexpected a greeting\n");
  const std::pair<ProbeResult, const char*> cases[] = {
      {One(Outcome::kShort), "no greeting: 10.0.0.5:9190 closed without a word\n"},
      {One(Outcome::kShort, "Hel"), "cut short: 10.0.0.5:9190 said \"Hel\" (3 bytes)\n"},
      {One(Outcome::kWrong, "x"), "wrong greeting: 10.0.0.5:9190 said \"x\" (1 byte)\n"},
      {One(Outcome::kUnanswered), "timed out: nothing answered at 10.0.0.5:9190 within 2s;"},
      {One(Outcome::kTimedOut), "timed out: 10.0.0.5:9190 took the connection, but"},
      {One(Outcome::kReset), "reset by 10.0.0.5:9190\n"},
      {One(Outcome::kUnreachable, "", "No route to host"), "unreachable: 10.0.0.5:9190: No route"},
      {One(Outcome::kOther, "", "Odd"), "failed: 10.0.0.5:9190: Odd\n"}};
  for (const auto& [result, begin] : cases) {
    EXPECT_THAT(RenderProbe(result),
                AllOf(StartsWith(begin), HasSubstr("\nexpected a greeting\n")));
  }
}

TEST(ProbeTextTest, SaysWhichAddressOfAName) {
  ProbeResult result = One(Outcome::kGreeted, "Hi");
  result.target = "web1:9190";
  result.shown->tried_before = "[::1]:9190 (Connection refused)";
  EXPECT_THAT(RenderProbe(result), AllOf(StartsWith("greeted by web1:9190 (10.0.0.5:9190): "),
                                         HasSubstr("\ntried before: [::1]:9190 (Connection")));
}

TEST(ProbeTextTest, SaysWhatWasExpected) {
  ProbeResult refused = One(Outcome::kRefused);
  refused.expected = Outcome::kRefused;
  EXPECT_THAT(RenderProbe(refused), HasSubstr("\nas expected\n"));
  ProbeResult ending = One(Outcome::kWrong, "Hi\n");
  ending.expected_text = "Hi";
  ending.expectation = "\"Hi\"";
  EXPECT_THAT(RenderProbe(ending),
              HasSubstr("expected \"Hi\"; it is that and, behind it, a line feed, written $'\\n'"));
}

// What a server says is no terminal's business.
TEST(ProbeTextTest, ShowsNoControlCharacterAndNotAll) {
  EXPECT_THAT(RenderProbe(One(Outcome::kGreeted, "\x1b[2J")), Not(HasSubstr("\x1b")));
  const std::string text = RenderProbe(One(Outcome::kGreeted, std::string(5000, 'x')));
  EXPECT_THAT(text, HasSubstr("…\" (5,000 bytes)"));
  EXPECT_LT(text.size(), 400U);
}

TEST(ProbeTextTest, SumsUpMany) {
  EXPECT_EQ(RenderProbe(Many()),
            "1,236 connections to 10.0.0.5:9190 in 2.00 s (618 a second): 2 not as expected\n"
            "\n"
            "OUTCOME  CONNECTIONS\n"
            "greeted        1,234\n"
            "refused            2\n"
            "\n"
            "MILLISECONDS   P50   P90   P99  P99.9   MAX\n"
            "end           0.62  1.11  1.23   1.23  1.23\n"
            "\n"
            "TIMES  SAID\n"
            "1,000  \"web-1\\x0A\"\n"
            "  234  \"web-2\\x0A\"\n"
            "\n"
            "first unexpected: refused: nobody listens on 10.0.0.5:9190\n"
            "expected a greeting\n");
}

TEST(ProbeTextTest, DrawsHowLatenciesAreSpread) {
  const Look ascii;
  const Look utf8{true, true, true, true};
  probe::Histogram histogram;
  EXPECT_EQ(RenderHistogram(histogram, 80, utf8), "");
  for (int i = 0; i < 1000; ++i) histogram.Record(absl::Microseconds(i < 750 ? 150 : 400));
  histogram.Record(absl::Microseconds(900));
  EXPECT_EQ(RenderHistogram(histogram, 80, utf8),
            "≤    200us          750 ██████████████████████████████████████████████████\n"
            "≤    500us          250 ████████████████▋\n"
            "≤      1ms            1 ▏\n");
  // In a narrow window of a plain terminal.
  EXPECT_EQ(RenderHistogram(histogram, 45, ascii),
            "<=    200us          750 #####################\n"
            "<=    500us          250 #######\n"
            "<=      1ms            1 #\n");
}

TEST(ProbeTextTest, TellsPrograms) {
  ProbeResult many = Many();
  many.answers.push_back({"\xff", 1});
  const auto message = ToMessage(many);
  EXPECT_EQ(message.connections(), 1236U);
  EXPECT_EQ(message.unexpected(), 2U);
  EXPECT_FALSE(message.as_expected());
  ASSERT_EQ(message.outcomes_size(), 2);
  EXPECT_EQ(message.outcomes(1).outcome(), greeter::probe::v1::OUTCOME_REFUSED);
  EXPECT_EQ(message.outcomes(1).count(), 2U);
  EXPECT_EQ(message.answers(0).text(), "web-1\n");
  EXPECT_EQ(message.answers(2).raw(), "\xff");
  EXPECT_FALSE(message.has_connect());
  EXPECT_EQ(message.end().max().nanos(), 1'234'000);
  const std::string yaml = config::ToYaml(message);
  EXPECT_THAT(yaml, AllOf(HasSubstr("outcome: OUTCOME_GREETED"), Not(HasSubstr("null"))));
}

TEST(ProbeTextTest, ANameWithoutAnAddressIsAnOutcomeToo) {
  ProbeResult result;
  result.target = "nowhere.invalid:1";
  result.expectation = "a greeting";
  result.unresolved = "nowhere.invalid: Name or service not known";
  EXPECT_EQ(RenderProbe(result),
            "no such name: nowhere.invalid: Name or service not known\nexpected a greeting\n");
  EXPECT_EQ(ToMessage(result).outcomes(0).outcome(), greeter::probe::v1::OUTCOME_UNRESOLVED);
  EXPECT_FALSE(ToMessage(result).as_expected());
}

}  // namespace
}  // namespace greeter::admin_cli
