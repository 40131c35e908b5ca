// Short ways to say what a text holds, or why it is refused.

#ifndef GREETER_TESTS_UNIT_CONFIG_TEXTS_H_
#define GREETER_TESTS_UNIT_CONFIG_TEXTS_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/config_text.h"

namespace greeter::config {

using ::greeter::admin::v1::Config;

inline Config ConfigWithText(const std::string& text) {
  Config config;
  config.add_listeners()->mutable_greeting()->set_text(text);
  return config;
}

// The text of the first listener as `text` gives it, or the error.
inline std::string TextIn(const std::string& text) {
  const auto config = ParseConfig(text, "f");
  if (!config.ok()) return std::string(config.status().message());
  return config->listeners(0).greeting().text();
}

// The error of a text that is refused; empty if it is not.
inline std::string Refusal(absl::string_view text) {
  const auto config = ParseConfig(text, "f.yaml");
  if (config.ok()) return "";
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(config.status().message()), ::testing::Not(::testing::HasSubstr("\n")));
  return std::string(config.status().message());
}

}  // namespace greeter::config

#endif  // GREETER_TESTS_UNIT_CONFIG_TEXTS_H_
