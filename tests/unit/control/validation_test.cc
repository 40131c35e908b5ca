#include "control/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/defaults.h"

namespace greeter::control {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ValidationTest : public ::testing::Test {
 protected:
  ValidationTest() {
    listener_ = config_.add_listeners();
    listener_->set_name("default");
    listener_->set_address(":9190");
    listener_->mutable_greeting()->set_text("Hello world");
    config::Complete(config_);
  }

  // The only violation's field; empty if the Config is valid.
  std::string Field() { return Violation().field; }
  std::string Description() { return Violation().description; }
  FieldViolation Violation() {
    const std::vector<FieldViolation> violations = Validate(config_);
    EXPECT_LE(violations.size(), 1U);
    return violations.empty() ? FieldViolation() : violations[0];
  }
  void SetWriteTimeout(int64_t seconds, int32_t nanos) {
    google::protobuf::Duration& timeout = *listener_->mutable_limits()->mutable_write_timeout();
    timeout.set_seconds(seconds);
    timeout.set_nanos(nanos);
  }

  api::Config config_;
  api::Listener* listener_;
};

TEST_F(ValidationTest, CompleteFillsInEveryDefault) {
  EXPECT_TRUE(listener_->enabled());
  EXPECT_EQ(listener_->greeting().ending(), api::ENDING_NONE);
  EXPECT_EQ(listener_->limits().write_timeout().seconds(), 30);
  EXPECT_EQ(listener_->limits().linger_timeout().seconds(), 5);
  EXPECT_EQ(listener_->limits().overflow(), api::OVERFLOW_WAIT);
  EXPECT_EQ(Field(), "");
}

TEST_F(ValidationTest, CompleteKeepsWhatIsSet) {
  listener_->set_enabled(false);
  listener_->mutable_greeting()->set_ending(api::ENDING_NUL);
  listener_->mutable_limits()->mutable_write_timeout()->set_seconds(7);
  listener_->mutable_limits()->set_overflow(api::OVERFLOW_REJECT);
  listener_->clear_greeting();
  const std::string before = config_.SerializeAsString();
  config::Complete(config_);
  EXPECT_EQ(config_.SerializeAsString(), before);
}

TEST_F(ValidationTest, AllowsNoListenersAndAtMost64) {
  EXPECT_THAT(Validate({}), IsEmpty());
  while (config_.listeners_size() < 64) {
    *config_.add_listeners() = *listener_;
    listener_ = config_.mutable_listeners(0);
    config_.mutable_listeners(config_.listeners_size() - 1)
        ->set_name("l" + std::to_string(config_.listeners_size()));
  }
  EXPECT_EQ(Field(), "");
  config_.add_listeners();
  EXPECT_EQ(Field(), "listeners");
  EXPECT_THAT(Description(), HasSubstr("has 65"));
}

TEST_F(ValidationTest, NamesAreDnsLabels) {
  EXPECT_TRUE(IsDnsLabel("a"));
  EXPECT_TRUE(IsDnsLabel("0-a-9"));
  EXPECT_TRUE(IsDnsLabel(std::string(63, 'a')));
  for (const std::string name : {"", "-a", "a-", "A", "a.b", "a_b", "\xC3\xA4", "a b", "a\n"}) {
    EXPECT_FALSE(IsDnsLabel(name)) << name;
  }
  EXPECT_FALSE(IsDnsLabel(std::string(64, 'a')));
  listener_->set_name("No label");
  EXPECT_EQ(Field(), "listeners[0].name");
  EXPECT_THAT(Description(), HasSubstr("\"No label\""));
  listener_->clear_name();
  EXPECT_THAT(Description(), HasSubstr("missing"));
}

TEST_F(ValidationTest, NamesAreUnique) {
  *config_.add_listeners() = config_.listeners(0);
  EXPECT_EQ(Field(), "listeners[1].name");
  EXPECT_THAT(Description(), HasSubstr("\"default\" is taken by listeners[0]"));
}

TEST_F(ValidationTest, AddressAndGreetingAreRequired) {
  listener_->clear_address();
  EXPECT_EQ(Field(), "listeners[0].address");
  listener_->set_address(":9190");
  listener_->clear_greeting();
  EXPECT_EQ(Field(), "listeners[0].greeting");
  listener_->mutable_greeting();
  EXPECT_EQ(Field(), "listeners[0].greeting");
  EXPECT_THAT(Description(), HasSubstr("text or raw"));
  listener_->mutable_greeting()->set_text("");
  EXPECT_EQ(Field(), "");
}

TEST_F(ValidationTest, GreetingsHoldAtMost64KiBWithTheirEnding) {
  listener_->mutable_greeting()->set_raw(std::string(65536, '\xFF'));
  EXPECT_EQ(Field(), "");
  listener_->mutable_greeting()->set_ending(api::ENDING_LF);
  EXPECT_EQ(Field(), "listeners[0].greeting.raw");
  listener_->mutable_greeting()->set_text(std::string(65535, 'x'));
  EXPECT_EQ(Field(), "");
  listener_->mutable_greeting()->set_ending(api::ENDING_NUL);
  EXPECT_EQ(Field(), "");
  listener_->mutable_greeting()->set_ending(api::ENDING_CRLF);
  EXPECT_EQ(Field(), "listeners[0].greeting.text");
  EXPECT_THAT(Description(), HasSubstr("has 65537 bytes, its ending included"));
}

TEST_F(ValidationTest, TextIsUtf8) {
  listener_->mutable_greeting()->set_text(
      "Gr\xC3\xBC\xC3\x9F"
      "e \xE2\x82\xAC \xF0\x9F\x91\x8B");
  EXPECT_EQ(Field(), "");
  listener_->mutable_greeting()->set_text("Gr\xFC\xDF");
  EXPECT_EQ(Field(), "listeners[0].greeting.text");
  EXPECT_THAT(Description(), HasSubstr("0xFC at offset 2"));
  listener_->mutable_greeting()->set_raw("Gr\xFC\xDF");
  EXPECT_EQ(Field(), "");
}

TEST_F(ValidationTest, TimeoutsAreOneMillisecondToOneHour) {
  SetWriteTimeout(0, 1'000'000);
  EXPECT_EQ(Field(), "");
  SetWriteTimeout(3600, 0);
  EXPECT_EQ(Field(), "");
  SetWriteTimeout(3600, 1);
  EXPECT_THAT(Description(), HasSubstr("too long"));
  SetWriteTimeout(0, 999'999);
  EXPECT_THAT(Description(), HasSubstr("999.999us is too short"));
  SetWriteTimeout(0, 0);
  EXPECT_THAT(Description(), HasSubstr("too short"));
  SetWriteTimeout(-1, -5);
  EXPECT_EQ(Field(), "listeners[0].limits.write_timeout");
  for (const auto& [seconds, nanos] : std::vector<std::pair<int64_t, int32_t>>{
           {1, -1}, {-1, 1}, {1, 1'000'000'000}, {INT64_MAX, 0}, {INT64_MIN, 0}, {1, INT32_MIN}}) {
    SetWriteTimeout(seconds, nanos);
    EXPECT_THAT(Description(), HasSubstr("no well-formed duration")) << seconds << " " << nanos;
  }
  SetWriteTimeout(1, 0);
  listener_->mutable_limits()->mutable_linger_timeout()->set_seconds(3601);
  EXPECT_EQ(Field(), "listeners[0].limits.linger_timeout");
}

TEST_F(ValidationTest, EnumValuesAreKnown) {
  listener_->mutable_greeting()->set_ending(static_cast<api::Ending>(9));
  EXPECT_EQ(Field(), "listeners[0].greeting.ending");
  EXPECT_THAT(Description(), HasSubstr("9 is no ending"));
  listener_->mutable_greeting()->set_ending(api::ENDING_LF);
  listener_->mutable_limits()->set_overflow(static_cast<api::Overflow>(-1));
  EXPECT_EQ(Field(), "listeners[0].limits.overflow");
}

TEST_F(ValidationTest, CommentsAreUtf8OfAtMost1024Bytes) {
  api::ChangeOptions options;
  options.set_comment(std::string(1024, 'x'));
  EXPECT_THAT(ValidateOptions(options), IsEmpty());
  options.set_comment(std::string(1025, 'x'));
  EXPECT_EQ(ValidateOptions(options)[0].field, "change.comment");
  options.set_comment("\xFF");
  EXPECT_THAT(ValidateOptions(options)[0].description, HasSubstr("offset 0"));
}

TEST(QuotedTest, EscapesAndCuts) {
  EXPECT_EQ(Quoted("a\"b\n"), "\"a\\\"b\\n\"");
  EXPECT_EQ(Quoted(std::string(65, 'a')), "\"" + std::string(64, 'a') + "…\" (65 bytes)");
}

}  // namespace
}  // namespace greeter::control
