// Promise 2: whole. Clients that speak, whenever and however much, get the whole greeting and a
// clean end.

#include <string>
#include <tuple>

#include "e2e/clients.h"
#include "e2e/greeter_fixture.h"

namespace greeter::testing {
namespace {

constexpr uint64_t kMebibyte = uint64_t{1} << 20;

class SpeakFirst
    : public GreeterTest,
      public ::testing::WithParamInterface<std::tuple<probe::Speak, uint64_t, size_t>> {
 protected:
  static probe::Options Speaking(const std::string& address, const std::string& greeting,
                                 probe::Speak when, uint64_t bytes) {
    probe::Options options = SixtyFour({address});
    options.expected = probe::Expected::OneOf({greeting});
    options.speak = when;
    options.speak_bytes = bytes;
    return options;
  }
};

TEST_P(SpeakFirst, GreetingIsWholeAndTheEndIsClean) {
  const auto [when, bytes, size] = GetParam();
  const std::string greeting(size, 'g');
  Greeter& greeter = StartGreeter({"--message", greeting});
  probe::Options options = Speaking(greeter.address(), greeting, when, bytes);
  options.connections = bytes < kMebibyte ? 1000 : 100;
  const probe::Report report = Clients(options).Join();
  EXPECT_EQ(report.count(probe::Outcome::kGreeted), options.connections) << report.ToText();
  EXPECT_TRUE(WaitUntil([&] { return greeter.Counts().open() == 0; }));
  EXPECT_EQ(greeter.Counts().completed(), options.connections)
      << greeter.Counts().ShortDebugString();
}

std::string NameOf(const ::testing::TestParamInfo<SpeakFirst::ParamType>& parameters) {
  const auto [when, bytes, size] = parameters.param;
  const std::string name = when == probe::Speak::kFirst    ? "Before"
                           : when == probe::Speak::kDuring ? "During"
                                                           : "After";
  return name + std::to_string(size) + "Say" + std::to_string(bytes);
}

INSTANTIATE_TEST_SUITE_P(Clients, SpeakFirst,
                         ::testing::Combine(::testing::Values(probe::Speak::kFirst,
                                                              probe::Speak::kDuring,
                                                              probe::Speak::kAfter),
                                            ::testing::Values(100, kMebibyte),
                                            ::testing::Values(11, 65536)),
                         NameOf);

// Endless talkers are cut at the linger limit, after the whole greeting and its end.
TEST_F(SpeakFirst, EndlessTalkersAreCut) {
  constexpr uint64_t kTalkers = 8;
  for (const probe::Speak when :
       {probe::Speak::kFirst, probe::Speak::kDuring, probe::Speak::kAfter}) {
    Greeter& greeter = StartGreeter({"--message", std::string(65536, 'g')});
    probe::Options options =
        Speaking(greeter.address(), std::string(65536, 'g'), when, probe::Options::kEndless);
    options.connections = kTalkers;
    const probe::Report report = Clients(options).Join();
    EXPECT_EQ(report.count(probe::Outcome::kReset), kTalkers) << report.ToText();
    EXPECT_EQ(report.reset_after_whole, kTalkers) << report.ToText();
    EXPECT_TRUE(WaitUntil([&] { return greeter.Counts().open() == 0; }));
    EXPECT_EQ(greeter.Counts().timed_out(), kTalkers) << greeter.Counts().ShortDebugString();
  }
}

}  // namespace
}  // namespace greeter::testing
