#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace greeter::base {
namespace {

TEST(FirstInvalidUtf8Test, AcceptsEveryLengthAndTheirBounds) {
  for (const char* text :
       {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(FirstInvalidUtf8(text), std::nullopt) << text;
  }
  EXPECT_EQ(FirstInvalidUtf8(std::string("a\0b", 3)), std::nullopt);
}

TEST(FirstInvalidUtf8Test, PointsAtTheFirstBadByte) {
  // In order: a continuation alone, overlong forms, a surrogate, beyond U+10FFFF, cut short.
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",
                          "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3",
                          "\xE2\x82", "\xF0\x9F\x98", "\xC3z", "\xE2\x82z", "\xF0\x9F\x98z"}) {
    EXPECT_EQ(FirstInvalidUtf8(bad), 0u);
    EXPECT_EQ(FirstInvalidUtf8(std::string("\xC3\xA9z") + bad + "z"), 3u);
  }
}

}  // namespace
}  // namespace greeter::base
