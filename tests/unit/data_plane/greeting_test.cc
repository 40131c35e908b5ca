#include "data_plane/greeting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace greeter::data_plane {
namespace {

using ::testing::HasSubstr;

class Facts final : public ConnectionFacts {
 public:
  std::string RemoteAddress() const override { return "192.0.2.1"; }
  uint16_t RemotePort() const override { return 40000; }
  std::string LocalAddress() const override { return "::1"; }
  uint16_t LocalPort() const override { return 9190; }
  uint64_t Number() const override { return 7; }
  uint64_t Revision() const override { return 3; }
};

TemplateConstants Constants() { return {"default", "host1", "id1", {{"zone", "eu-1"}}}; }

std::string Rendered(const std::string& payload, Ending ending = Ending::kNone) {
  const absl::StatusOr<Greeting> greeting = Greeting::Compile({payload, ending, true}, Constants());
  if (!greeting.ok()) return greeting.status().ToString();
  if (greeting->is_literal()) return greeting->literal();
  std::string buffer = "what was there before";
  greeting->Render(Facts(), &buffer);
  return buffer;
}

std::string Refusal(const std::string& payload) {
  const absl::StatusOr<Greeting> greeting =
      Greeting::Compile({payload, Ending::kNone, true}, Constants());
  EXPECT_EQ(greeting.status().code(), absl::StatusCode::kInvalidArgument) << payload;
  return std::string(greeting.status().message());
}

TEST(GreetingTest, LiteralIsSentAsItIs) {
  const std::string bytes("${time} $$ \0\xff", 13);
  EXPECT_EQ(Greeting::Compile({bytes}, {})->literal(), bytes);
  EXPECT_EQ(Greeting::Compile({"a", Ending::kLf}, {})->literal(), "a\n");
  EXPECT_EQ(Greeting::Compile({"a", Ending::kCrLf}, {})->literal(), "a\r\n");
  EXPECT_EQ(Greeting::Compile({"a", Ending::kNul}, {})->literal(), std::string("a\0", 2));
}

TEST(GreetingTest, EveryVariableHasItsValue) {
  EXPECT_EQ(Rendered("${remote_addr}:${remote_port}>${local_addr}:${local_port}"),
            "192.0.2.1:40000>::1:9190");
  EXPECT_EQ(Rendered("${listener} ${hostname} ${server_id} ${label.zone}", Ending::kLf),
            "default host1 id1 eu-1\n");
  EXPECT_EQ(Rendered("#${connection} r${revision}", Ending::kCrLf), "#7 r3\r\n");
  EXPECT_THAT(Rendered("${time}"),
              ::testing::MatchesRegex("20..-..-..T..:..:..\\.[0-9][0-9][0-9]Z"));
}

TEST(GreetingTest, DollarsThatAreNoVariables) {
  EXPECT_EQ(Rendered("$$"), "$");
  EXPECT_EQ(Rendered("$${time}"), "${time}");
  EXPECT_EQ(Rendered("5$ $x $"), "5$ $x $");
  EXPECT_EQ(Rendered(""), "");
}

TEST(GreetingTest, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(Refusal("${remote_adr}"), HasSubstr("did you mean ${remote_addr}?"));
  EXPECT_THAT(Refusal("${label.zine}"), HasSubstr("did you mean ${label.zone}?"));
  EXPECT_THAT(Refusal("${label.quite_another}"), HasSubstr("--label quite_another=VALUE"));
  EXPECT_THAT(Refusal("${zzzzzzzzzz}"), HasSubstr("write $$ for a dollar"));
  EXPECT_THAT(Refusal("a ${time"), HasSubstr("\"${time\" is not closed"));
  EXPECT_THAT(Refusal("${}"), HasSubstr("unknown variable ${}"));
}

TEST(GreetingTest, QuotesLittleAndReadably) {
  EXPECT_LT(Refusal("${" + std::string(60000, 'x') + "}").size(), 300u);
  EXPECT_LT(Refusal("${" + std::string(60000, 'x')).size(), 300u);
  EXPECT_THAT(Refusal("${\xff}"), HasSubstr("${\\xff}"));
}

TEST(GreetingTest, IsCutBeforeItsEnding) {
  const std::string long_text(kMaxGreetingBytes, 'x');
  for (const char* variable : {"${listener}", "${local_port}"}) {
    const std::string rendered = Rendered(long_text + variable, Ending::kCrLf);
    EXPECT_EQ(rendered.size(), kMaxGreetingBytes);
    EXPECT_EQ(rendered.substr(rendered.size() - 3), "x\r\n");
  }
}

}  // namespace
}  // namespace greeter::data_plane
