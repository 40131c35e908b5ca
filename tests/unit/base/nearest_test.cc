#include "base/nearest.h"

#include <gtest/gtest.h>

namespace greeter::base {
namespace {

TEST(NearestNameTest, FindsAMistypedName) {
  EXPECT_EQ(NearestName("endnig", {"text", "ending", "template"}), "ending");
  EXPECT_EQ(NearestName("remote_adr", {"remote_port", "remote_addr"}), "remote_addr");
}

TEST(NearestNameTest, SaysNothingRatherThanNonsense) {
  EXPECT_EQ(NearestName("colour", {"text", "raw"}), "");
  EXPECT_EQ(NearestName("x", {}), "");
}

}  // namespace
}  // namespace greeter::base
