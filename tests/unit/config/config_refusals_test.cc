// Texts that are no config: each refusal says where, what and how to mend it.

#include <string>

#include "absl/strings/str_cat.h"
#include "texts.h"

namespace greeter::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ConfigRefusalsTest, ErrorsNameLineFieldAndRemedy) {
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

TEST(ConfigRefusalsTest, ErrorsShowTheValue) {
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

TEST(ConfigRefusalsTest, RefusesWhatIsNoDocument) {
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

TEST(ConfigRefusalsTest, BoundsDepthAndSize) {
  EXPECT_THAT(Refusal(std::string(100'000, '[')), HasSubstr("nested deeper than 32 levels"));
  std::string block;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&block, std::string(i, ' '), "a:\n");
  EXPECT_THAT(Refusal(block), HasSubstr("nested deeper than 32 levels"));
  std::string many = "listeners: [";
  for (int i = 0; i < 100'001; ++i) many += "a,";
  EXPECT_THAT(Refusal(many + "]"), HasSubstr("more than 100000 values"));
  EXPECT_THAT(Refusal("listeners: &a [*a]"), HasSubstr("this alias stands for itself"));
}

TEST(ConfigRefusalsTest, BoundsWhatAliasesExpandTo) {
  std::string bomb =
      "listeners:\n- greeting: &g {text: &t \"" + std::string(1 << 20, 'x') + "\"}\n";
  for (int i = 0; i < 20; ++i) absl::StrAppend(&bomb, "- greeting: *g\n");
  EXPECT_EQ(Refusal(bomb),
            "f.yaml:2: listeners[15].greeting.text: the aliases in this text expand to more than "
            "16 MiB");
  EXPECT_EQ(TextIn("listeners:\n- greeting: &g {text: a}\n- greeting: *g\n"), "a");
}

}  // namespace
}  // namespace greeter::config
