// The picture of status --watch, and the rates in it.

#include "admin_cli/watch/live_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "admin_cli/terminal/look.h"
#include "admin_cli/terminal/text_width.h"
#include "admin_cli/watch/loops.h"
#include "admin_cli/watch/rates.h"

namespace greeter::admin_cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;
using ::testing::ResultOf;
using ::testing::StartsWith;

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
  EXPECT_THAT(rates.Of("default"),
              ElementsAre(DoubleNear(10, 0.01), DoubleNear(10, 0.01), DoubleNear(5, 0.01)));
  // Another start, with counts of its own.
  api::ServerStatus other = StatusWith(1);
  other.set_server_id("b");
  rates.Add(other, start + absl::Seconds(4));
  EXPECT_THAT(rates.Of("default"), IsEmpty());
  EXPECT_THAT(rates.Of("unknown"), IsEmpty());
}

// The last minute has sixty seconds, however late reports are.
TEST(RatesTest, EachSecondHasItsNumber) {
  Rates rates;
  const absl::Time start = absl::FromUnixSeconds(1000);
  rates.Add(StatusWith(0), start);
  for (int i = 1; i <= 20; ++i) {
    rates.Add(StatusWith(i), start + i * absl::Seconds(1) + absl::Milliseconds(i % 2 * 90 - 40));
  }
  EXPECT_EQ(rates.Of("default").size(), 20U);
  EXPECT_THAT(rates.Of("default"), Each(DoubleNear(1, 0.2)));
  rates.Add(StatusWith(20 + 2 * 30), start + absl::Seconds(50));
  EXPECT_EQ(rates.Of("default").size(), 50U);
  EXPECT_THAT(rates.Of("default").back(), DoubleNear(2, 0.1));
  rates.Add(StatusWith(1000), start + absl::Seconds(200));
  EXPECT_EQ(rates.Of("default").size(), 60U);
}

class LiveViewTest : public ::testing::Test {
 protected:
  std::vector<std::string> Draw(const ScreenSize& size, absl::Duration after) const {
    return Fit(view_.Lines(size, start_ + after), size, "q ends", start_ + after, kLook);
  }

  static constexpr Look kLook = {true, true, false, true};

  const absl::Time start_ = absl::FromUnixSeconds(1'000'000'000);
  LiveView view_{{"db1:50051"}, kLook};
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
  // Of the last second nothing is known yet.
  EXPECT_THAT(Draw({100, 24}, absl::Seconds(2)), Contains(EndsWith("1,000        0  ·")));
}

TEST_F(LiveViewTest, WhoComesAfterASilenceIsCountedThen) {
  view_.Add({0, start_, StatusWith(1000)});
  for (int quarter = 1; quarter < 40; ++quarter) view_.Tick(start_ + quarter * absl::Seconds(0.25));
  view_.Add({0, start_ + absl::Seconds(10), StatusWith(1030)});
  // Thirty since 8.5 s, up to when it is known that nobody came.
  EXPECT_THAT(Draw({100, 24}, absl::Seconds(10)), Contains(EndsWith("1,030     20.0  ·········█")));
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

TEST_F(LiveViewTest, ReasonsAreBrokenIntoLines) {
  api::ServerStatus status = StatusWith(0);
  status.mutable_listeners(0)->set_error(
      "can't listen on 127.0.0.1:9190 (Address already in use); another program has it, and it is "
      "tried again until that ends");
  view_.Add({0, start_, status});
  const auto lines = Draw({60, 24}, absl::ZeroDuration());
  EXPECT_THAT(lines, Each(ResultOf([](const auto& line) { return WidthOf(line); }, Le(60U))));
  EXPECT_THAT(absl::StrJoin(lines, "\n"),
              HasSubstr("\n\ndefault failed: can't listen on 127.0.0.1:9190 (Address\n"
                        "already in use); another program has it, and it is tried\n"
                        "again until that ends\n"));
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
