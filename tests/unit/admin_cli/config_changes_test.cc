#include "admin_cli/views/config_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/config_text.h"

namespace greeter::admin_cli {
namespace {

using ::testing::HasSubstr;

api::Config Parse(const std::string& yaml) {
  const auto config = config::ParseConfig(yaml, "test");
  EXPECT_TRUE(config.ok()) << config.status();
  return config.value_or(api::Config());
}

const char kBefore[] = R"(
listeners:
- {name: default, address: ":9190", enabled: true, greeting: {text: Hello}, limits: {writeTimeout: 30s}}
- {name: same, address: ":1", enabled: true, greeting: {text: x}}
- {name: old, address: ":2", enabled: true, greeting: {text: x}}
)";

TEST(ConfigChangesTest, NothingForTheSameConfig) {
  EXPECT_EQ(RenderChanges(Parse(kBefore), Parse(kBefore)), "");
}

TEST(ConfigChangesTest, ListenersAddedRemovedAndChanged) {
  const api::Config after = Parse(R"(
listeners:
- {name: new, address: "127.0.0.1:7", enabled: false, greeting: {text: x}}
- {name: same, address: ":1", enabled: true, greeting: {text: x}}
- {name: default, address: ":9191", enabled: false, greeting: {raw: "AP8="},
   limits: {writeTimeout: 1.5s, maxConnections: 5, overflow: reject}}
)");
  EXPECT_EQ(RenderChanges(Parse(kBefore), after),
            "+ new, 127.0.0.1:7, stopped\n"
            "~ default\n"
            "    address: \":9190\" -> \":9191\"\n"
            "    enabled: true -> false\n"
            "    greeting.text: \"Hello\" -> nothing\n"
            "    limits.maxConnections: 0 -> 5\n"
            "    limits.writeTimeout: 30s -> 1.5s\n"
            "    limits.overflow: OVERFLOW_UNSPECIFIED -> OVERFLOW_REJECT\n"
            "    greeting.raw: nothing -> \"\\x00\\xFF\"\n"
            "- old, :2\n"
            "  1 unchanged\n");
}

TEST(ConfigChangesTest, TheOrderAlone) {
  api::Config after = Parse(kBefore);
  after.mutable_listeners()->SwapElements(0, 2);
  EXPECT_EQ(RenderChanges(Parse(kBefore), after), "~ the order of the listeners, nothing else\n");
}

TEST(ConfigChangesTest, LongTextsAreShortenedBetweenCharacters) {
  const api::Config before = Parse(kBefore);
  api::Config after = before;
  std::string text = "a";
  for (int i = 0; i < 100; ++i) text += "\u00e9";
  after.mutable_listeners(0)->mutable_greeting()->set_text(text);
  const std::string shown = RenderChanges(before, after);
  EXPECT_THAT(shown, HasSubstr("\u00e9\u2026\" (201 bytes)\n"));
  EXPECT_EQ(shown.find("\\x"), std::string::npos);

  // What differs beyond what is shown is still a change.
  api::Config later = after;
  later.mutable_listeners(0)->mutable_greeting()->mutable_text()->back() = '\xA8';
  EXPECT_THAT(RenderChanges(after, later),
              HasSubstr("~ default\n    greeting.text: differs after its first 60 bytes\n"));
}

TEST(ConfigChangesTest, NoControlCharacterReachesATerminal) {
  const api::Config before = Parse(kBefore);
  api::Config after = before;
  after.mutable_listeners(0)->mutable_greeting()->set_text("\x1b[2J");
  after.mutable_listeners(1)->set_name("\x1b");
  EXPECT_EQ(RenderChanges(before, after).find('\x1b'), std::string::npos);
}

TEST(ConfigChangesTest, DryRunSaysWhetherARevisionWouldBeMade) {
  api::GetConfigResponse now;
  *now.mutable_config() = Parse(kBefore);
  now.mutable_revision()->set_number(7);
  EXPECT_EQ(RenderDryRun(now, 7, now.config()),
            "Nothing would change: that is the config of revision 7, the current one.\n");
  EXPECT_EQ(RenderDryRun(now, 8, {}),
            "Nothing has changed. It can be done, and would make revision 8:\n\n"
            "- default, :9190\n- same, :1\n- old, :2\n");
}

}  // namespace
}  // namespace greeter::admin_cli
