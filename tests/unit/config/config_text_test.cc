#include "config/config_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "config/yaml_writer.h"
#include "google/protobuf/util/message_differencer.h"
#include "texts.h"

namespace greeter::config {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

void ExpectReadsBack(const Config& config) {
  for (const std::string& text : {ToYaml(config), ToJson(config)}) {
    const auto read = ParseConfig(text, "written");
    ASSERT_TRUE(read.ok()) << read.status() << "\n" << text;
    EXPECT_TRUE(MessageDifferencer::Equals(*read, config)) << text << read->DebugString();
  }
}

TEST(ConfigTextTest, ReadsEveryField) {
  const auto config = ParseConfig(R"(
listeners:
  - name: default
    address: :9190
    enabled: false
    greeting: {text: 12, ending: crlf, template: true}
    limits:
      maxConnections: 7
      write_timeout: 1.5s
      lingerTimeout: 2m
      overflow: OVERFLOW_REJECT
  - greeting: {raw: AAH/}
)",
                                  "f.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->listeners_size(), 2);
  const auto& listener = config->listeners(0);
  EXPECT_EQ(listener.name(), "default");
  EXPECT_EQ(listener.address(), ":9190");
  EXPECT_TRUE(listener.has_enabled());
  EXPECT_FALSE(listener.enabled());
  EXPECT_EQ(listener.greeting().text(), "12");
  EXPECT_EQ(listener.greeting().ending(), admin::v1::ENDING_CRLF);
  EXPECT_TRUE(listener.greeting().template_());
  EXPECT_EQ(listener.limits().max_connections(), 7u);
  EXPECT_EQ(listener.limits().write_timeout().seconds(), 1);
  EXPECT_EQ(listener.limits().write_timeout().nanos(), 500'000'000);
  EXPECT_EQ(listener.limits().linger_timeout().seconds(), 120);
  EXPECT_EQ(listener.limits().overflow(), admin::v1::OVERFLOW_REJECT);
  EXPECT_EQ(config->listeners(1).greeting().raw(), std::string("\0\1\xFF", 3));
  EXPECT_FALSE(config->listeners(1).has_enabled());
  ExpectReadsBack(*config);
}

TEST(ConfigTextTest, WritesYamlForPeople) {
  const auto config = ParseConfig(R"({"listeners": [{"name": "default", "address": ":9190",
    "greeting": {"text": "Down for\nmaintenance\n", "ending": "NUL"}, "limits": {}}, {}]})",
                                  "f.json");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(ToYaml(*config), R"(listeners:
  - name: default
    address: ":9190"
    greeting:
      text: |
        Down for
        maintenance
      ending: ENDING_NUL
      template: false
    limits:
      maxConnections: 0
      overflow: OVERFLOW_UNSPECIFIED
      acceptRate: 0
      acceptBurst: 0
  - name: ""
    address: ""
)");
}

TEST(ConfigTextTest, WritesAnyMessage) {
  admin::v1::GetStatusResponse response;
  EXPECT_EQ(ToYaml(response), "{}\n");
  response.mutable_status()->mutable_start_time()->set_seconds(1);
  response.mutable_status()->add_listeners()->mutable_counts()->set_accepted(1ull << 63);
  response.mutable_status()->add_warnings("late");
  response.mutable_status()->add_warnings("one: \"no\"\ntwo");
  EXPECT_EQ(ToYaml(response), R"(status:
  serverId: ""
  version: ""
  startTime: "1970-01-01T00:00:01Z"
  listeners:
    - name: ""
      state: STATE_UNSPECIFIED
      boundAddress: ""
      appliedRevision: 0
      error: ""
      counts:
        accepted: 9223372036854775808
        open: 0
        completed: 0
        timedOut: 0
        reset: 0
        rejected: 0
        bytesSent: 0
        pauses: 0
  warnings:
    - late
    - |-
      one: "no"
      two
)");
  admin::v1::Replica replica;
  replica.set_accept_rate(12.34);
  EXPECT_THAT(ToYaml(replica), HasSubstr("dataAddresses: []\n"));
  EXPECT_THAT(ToYaml(replica), HasSubstr("acceptRate: 12.34\n"));
}

TEST(ConfigTextTest, ShowsZeroesInJsonButNotWhatIsUnset) {
  Config config;
  EXPECT_THAT(ToJson(config), HasSubstr("\"listeners\": []"));
  config.add_listeners()->mutable_limits();
  const std::string json = ToJson(config);
  EXPECT_THAT(json, HasSubstr("\"maxConnections\": 0"));
  EXPECT_THAT(json, Not(HasSubstr("enabled")));
  EXPECT_EQ(json.back(), '\n');
}

TEST(ConfigTextTest, EmptyMessagesStay) {
  Config config;
  ExpectReadsBack(config);
  config.add_listeners()->mutable_limits();
  config.add_listeners()->mutable_greeting();
  config.add_listeners()->mutable_greeting()->set_raw("");
  config.add_listeners()->mutable_limits()->mutable_write_timeout()->set_nanos(-250'000'000);
  ExpectReadsBack(config);
}

TEST(ConfigTextTest, EveryByteReadsBack) {
  for (int c = 0; c < 128; ++c) {
    const std::string byte(1, static_cast<char>(c));
    for (const std::string& text :
         {byte, "a" + byte, byte + "a", "a" + byte + "b", byte + byte, "line\n" + byte,
          "line\n" + byte + "end", byte + "\nline", "line\n" + byte + "\n", "a " + byte + " b"}) {
      SCOPED_TRACE(absl::StrCat("byte ", c));
      ExpectReadsBack(ConfigWithText(text));
    }
  }
}

TEST(ConfigTextTest, SpecialWordsAndShapesReadBack) {
  for (const char* text : {"",
                           "yes",
                           "no",
                           "on",
                           "y",
                           "true",
                           "True",
                           "null",
                           "NULL",
                           "~",
                           "1",
                           "1.0",
                           "0x10",
                           "1e3",
                           ".inf",
                           ".nan",
                           "-",
                           "- a",
                           "? a",
                           "a: b",
                           "a #b",
                           "#a",
                           "[a]",
                           "{a: b}",
                           "*a",
                           "&a",
                           "!a",
                           "|",
                           ">",
                           "@a",
                           "`a`",
                           "%a",
                           "'",
                           "\"",
                           "\\",
                           "a\\",
                           "---",
                           "...",
                           "--- a",
                           "<<",
                           "=",
                           " a",
                           "a ",
                           "\ta",
                           "a\t",
                           "a\n",
                           "a\n\n",
                           "\na",
                           "\n",
                           "a\nb",
                           "a\n\nb\n",
                           "a\n b",
                           "a \nb",
                           "a\n---\nb\n",
                           "a\n...\nb",
                           "# a\n# b\n",
                           "a\r\nb",
                           "a\rb",
                           "\xC2\x85",
                           "\xE2\x80\xA8x",
                           "a\n\xE2\x80\xA9\nb",
                           "\xEF\xBB\xBFz",
                           "\xC3\xA9",
                           "\xE2\x82\xAC uro",
                           "\xF0\x9F\x98\x80",
                           "caf\xC3\xA9\nna\xC3\xAFve\n",
                           "\\uD83D\\uDE00",
                           "\"\\uD83D\\uDE00\"",
                           "${remote_addr}",
                           "2026-11-23",
                           "12:30:45",
                           "Hello world",
                           "a: |\n  b\n"}) {
    SCOPED_TRACE(text);
    ExpectReadsBack(ConfigWithText(text));
  }
}

TEST(ConfigTextTest, QuotesWhatAnotherParserCouldMisread) {
  for (const char* text : {"Hello world", "greeter.yaml", "a-b_c/d", "yesterday"}) {
    EXPECT_EQ(YamlText(text, 0), text);
  }
  for (const char* text : {"yes", "NO", "on", "y", "true", "Null", "1", "12:30", "", "a: b", "a ",
                           "-", "~", "2026-11-23", "caf\xC3\xA9"}) {
    EXPECT_EQ(YamlText(text, 0), absl::StrCat("\"", text, "\""));
  }
  EXPECT_EQ(YamlText("a\nb", 2), "|-\n    a\n    b");
}

TEST(ConfigTextTest, RandomTextsReadBack) {
  const std::vector<std::string> pieces = {"a",  "b c",  "\n",   " ",        "\t",
                                           ":",  "- ",   "#",    "\"",       "'",
                                           "\\", "\r\n", "\x01", "\xC3\xA9", "\xF0\x9F\x98\x80",
                                           "|",  "{",    "]",    "---\n",    "\\uD83D\\uDE00"};
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same texts every time
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (size_t n = random() % 8; n > 0; --n) text += pieces[random() % pieces.size()];
    ExpectReadsBack(ConfigWithText(text));
    if (HasFailure()) break;
  }
}

TEST(ConfigTextTest, LongTextReadsBack) {
  ExpectReadsBack(ConfigWithText(std::string(65536, 'x')));
  ExpectReadsBack(ConfigWithText(std::string(65536, '\0')));
}

TEST(ConfigTextTest, JoinsSurrogatePairs) {
  EXPECT_EQ(TextIn(R"({"listeners":[{"greeting":{"text":"a\uD83D\uDE00\u20ac\\uD83D\/\u0000"}}]})"),
            std::string("a\xF0\x9F\x98\x80\xE2\x82\xAC\\uD83D/") + '\0');
  EXPECT_EQ(TextIn("{listeners: [{greeting: {text: 5\" or '\\uD83D\\uDE00'}}]} # \""),
            "5\" or '\\uD83D\\uDE00'");
  EXPECT_EQ(TextIn("{listeners: [{greeting: {text: '\"\\uD83D\\uDE00'}}]}"), "\"\\uD83D\\uDE00");
  EXPECT_EQ(TextIn("listeners:\n- greeting:\n    text: |-\n      \"\\uD83D\\uDE00\""),
            "\"\\uD83D\\uDE00\"");
  EXPECT_THAT(TextIn("{\"listeners\": [{\"greeting\":\n {\"text\": \"\\uD83D\"}}]}"),
              StartsWith("f:2: not valid YAML: invalid unicode"));
}

TEST(ConfigTextTest, ReadsJsonAsOtherProgramsWriteIt) {
  EXPECT_EQ(TextIn("{\"listeners\":[{\"greeting\":{\"text\":\"a\"}}]}"), "a");
  EXPECT_EQ(TextIn("\xEF\xBB\xBF{\r\n\t\"listeners\" :\r\n\t[\r\n\t\t{\"greeting\":{\"text\" : "
                   "\"b\"\r\n}}\r\n]\r\n}\r\n"),
            "b");
}

TEST(ConfigTextTest, ReadsWhatConfigGetPrints) {
  admin::v1::GetConfigResponse response;
  *response.mutable_config() = ConfigWithText("a");
  response.mutable_revision()->mutable_time()->set_seconds(1);
  EXPECT_EQ(TextIn(ToJson(response)), "a");
  EXPECT_EQ(TextIn(ToYaml(response)), "a");
  EXPECT_THAT(Refusal("config: {listeners: []}\nconfig: {listeners: []}"), HasSubstr("twice"));
  EXPECT_EQ(Refusal("config:\n  listener: []\n"),
            "f.yaml:2: config.listener: unknown field; did you mean \"listeners\"?");
  EXPECT_THAT(Refusal("config: {listeners: []}\nlisteners: []"), HasSubstr("config: unknown"));
}

}  // namespace
}  // namespace greeter::config
