#include "config/config_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "config/yaml_writer.h"
#include "google/protobuf/util/message_differencer.h"

namespace greeter::config {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::greeter::admin::v1::Config;
using ::testing::AllOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Config ConfigWithText(const std::string& text) {
  Config config;
  config.add_listeners()->mutable_greeting()->set_text(text);
  return config;
}

// The text of the first listener as `text` gives it, or the error.
std::string TextIn(const std::string& text) {
  const auto config = ParseConfig(text, "f");
  if (!config.ok()) return std::string(config.status().message());
  return config->listeners(0).greeting().text();
}

// The error of a text that is refused; empty if it is not.
std::string Refusal(absl::string_view text) {
  const auto config = ParseConfig(text, "f.yaml");
  if (config.ok()) return "";
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(config.status().message()), Not(HasSubstr("\n")));
  return std::string(config.status().message());
}

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
  warnings: []
)");
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

TEST(ConfigTextTest, ErrorsNameLineFieldAndRemedy) {
  EXPECT_EQ(Refusal("listeners:\n- name: a\n  greeting:\n    text: x\n    endnig: lf\n"),
            "f.yaml:5: listeners[0].greeting.endnig: unknown field; did you mean \"ending\"?");
  EXPECT_EQ(Refusal("listeners:\n- colour: red\n"),
            "f.yaml:2: listeners[0].colour: unknown field; known here: name, address, enabled, "
            "greeting, limits");
  EXPECT_EQ(Refusal("listeners:\n- name: a\n- name: b\n  name: c\n"),
            "f.yaml:4: listeners[1].name: given twice; the first time in line 3");
  EXPECT_THAT(Refusal("listeners: [{limits: {writeTimeout: 1s, write_timeout: 2s}}]"),
              HasSubstr("listeners[0].limits.write_timeout: given twice"));
  EXPECT_EQ(Refusal("listeners: [{greeting: {text: a, raw: YQ==}}]"),
            "f.yaml:1: listeners[0].greeting.raw: either \"raw\" or \"text\", not both");
}

TEST(ConfigTextTest, ErrorsShowTheValue) {
  const auto limits = [](absl::string_view field) {
    return Refusal(absl::StrCat("listeners: [{limits: {", field, "}}]"));
  };
  EXPECT_EQ(limits("maxConnections: ten"),
            "f.yaml:1: listeners[0].limits.maxConnections: \"ten\" is not a whole number from 0 to "
            "4294967295");
  EXPECT_THAT(limits("maxConnections: -1"), HasSubstr("\"-1\" is not a whole number"));
  EXPECT_THAT(limits("maxConnections: 4294967296"), HasSubstr("is not a whole number"));
  EXPECT_THAT(limits("maxConnections: [1]"), HasSubstr("one value expected, not a list"));
  EXPECT_THAT(limits("writeTimeout: 5"), HasSubstr("\"5\" is not a duration; write a number with"));
  EXPECT_THAT(limits("writeTimeout: inf"), HasSubstr("\"inf\" is not a duration"));
  EXPECT_THAT(limits("writeTimeout: {seconds: 5}"), HasSubstr("one value expected, not fields"));
  EXPECT_THAT(limits("overflow: drop"), HasSubstr("\"drop\" is none of wait, reject"));
  EXPECT_THAT(limits("overflow:"), HasSubstr("has no value; leave the field out"));
  EXPECT_THAT(Refusal("listeners: [{enabled: yes}]"), HasSubstr("\"yes\" is neither true nor fal"));
  EXPECT_THAT(Refusal("listeners: [{enabled: \"true\"}]"), HasSubstr("without quotes"));
  EXPECT_THAT(Refusal("listeners: [{greeting: {raw: '*'}}]"), HasSubstr("\"*\" is not base64"));
  EXPECT_THAT(Refusal("listeners: [{greeting: {text: null}}]"), HasSubstr("an empty text is wri"));
  EXPECT_THAT(Refusal("listeners: [{greeting: hello}]"),
              HasSubstr("fields expected (\"name: value\"), not \"hello\""));
  EXPECT_THAT(Refusal("listeners: 5"),
              HasSubstr("listeners: a list expected (\"- ...\"), not \"5"));
  EXPECT_THAT(Refusal("listeners:"), HasSubstr("an empty list is written []"));
  EXPECT_EQ(Refusal("just words"),
            "f.yaml:1: fields expected (\"name: value\"), not \"just words\"");
  EXPECT_THAT(Refusal("\"a\\nb\": 1"), StartsWith("f.yaml:1: \"a\\nb\": unknown field"));
  EXPECT_THAT(Refusal(absl::StrCat("listeners: ", std::string(100'000, 'x'))).size(),
              testing::Lt(200u));
}

TEST(ConfigTextTest, RefusesWhatIsNoDocument) {
  for (const char* empty :
       {"", " \n\n", "# nothing\n", "---\n", "---\n...\n", "null", "\xEF\xBB\xBF"}) {
    EXPECT_THAT(Refusal(empty), StartsWith("f.yaml: is empty; ")) << empty;
  }
  EXPECT_THAT(Refusal("listeners: []\n---\nlisteners: []\n"),
              AllOf(StartsWith("f.yaml:"), HasSubstr("a config is one YAML document")));
  EXPECT_THAT(Refusal("{\"listeners\": []} x"), HasSubstr("after the end of the document"));
  EXPECT_THAT(Refusal("listeners: [}"), StartsWith("f.yaml:1: not valid YAML: "));
  EXPECT_THAT(Refusal("{\"listeners\": ["), StartsWith("f.yaml:1: not valid YAML: "));
  EXPECT_THAT(Refusal("a: \xFF"), StartsWith("f.yaml:1: not UTF-8: byte 0xFF at offset 3"));
  EXPECT_THAT(Refusal(absl::string_view("a: 1\nb: \0", 9)),
              StartsWith("f.yaml:2: control character 0x00; write it as \"\\u0000\""));
  EXPECT_THAT(Refusal("a: \x04"), HasSubstr("control character 0x04"));
  EXPECT_THAT(Refusal("? [a]\n: b\n"), HasSubstr("a key must be a word"));
  EXPECT_THAT(Refusal("a: *b"), HasSubstr("not valid YAML"));
}

TEST(ConfigTextTest, BoundsDepthAndSize) {
  EXPECT_THAT(Refusal(std::string(100'000, '[')), HasSubstr("nested deeper than 32 levels"));
  std::string block;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&block, std::string(i, ' '), "a:\n");
  EXPECT_THAT(Refusal(block), HasSubstr("nested deeper than 32 levels"));
  std::string many = "listeners: [";
  for (int i = 0; i < 100'001; ++i) many += "a,";
  EXPECT_THAT(Refusal(many + "]"), HasSubstr("more than 100000 values"));
  EXPECT_THAT(Refusal("listeners: &a [*a]"), HasSubstr("this alias stands for itself"));
}

TEST(ConfigTextTest, BoundsWhatAliasesExpandTo) {
  std::string bomb =
      "listeners:\n- greeting: &g {text: &t \"" + std::string(1 << 20, 'x') + "\"}\n";
  for (int i = 0; i < 20; ++i) absl::StrAppend(&bomb, "- greeting: *g\n");
  EXPECT_EQ(Refusal(bomb),
            "f.yaml:2: listeners[15].greeting.text: the aliases in this text expand to more than "
            "16 MiB");
  EXPECT_EQ(TextIn("listeners:\n- greeting: &g {text: a}\n- greeting: *g\n"), "a");
}

class LoadConfigTest : public testing::Test {
 protected:
  LoadConfigTest() {
    std::string pattern = testing::TempDir() + "/config_text_XXXXXX";
    dir_ = mkdtemp(pattern.data());
  }
  ~LoadConfigTest() override { std::filesystem::remove_all(dir_); }

  std::string Write(const std::string& content) {
    const std::string path = dir_ + "/greeter.yaml";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::string dir_;
};

TEST_F(LoadConfigTest, ReadsAFile) {
  const auto config = LoadConfig(Write("listeners: [{name: a}]"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listeners(0).name(), "a");
}

TEST_F(LoadConfigTest, SaysWhyAFileCantBeRead) {
  const std::string missing = dir_ + "/none.yaml";
  EXPECT_EQ(LoadConfig(missing).status(),
            absl::NotFoundError(missing + ": No such file or directory"));
  EXPECT_EQ(LoadConfig(dir_).status(),
            absl::InvalidArgumentError(dir_ + ": Is a directory; a file is expected"));
  EXPECT_THAT(std::string(LoadConfig(Write("")).status().message()),
              StartsWith(dir_ + "/greeter.yaml: is empty"));
  const auto large = LoadConfig(Write(std::string((16 << 20) + 1, ' '))).status();
  EXPECT_EQ(large.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(large.message()), HasSubstr("is larger than 16 MiB"));
}

TEST_F(LoadConfigTest, SaysThatAFileMayNotBeRead) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read every file";
  const std::string secret = Write("listeners: []");
  ASSERT_EQ(chmod(secret.c_str(), 0), 0);
  EXPECT_EQ(LoadConfig(secret).status().code(), absl::StatusCode::kPermissionDenied);
}

}  // namespace
}  // namespace greeter::config
