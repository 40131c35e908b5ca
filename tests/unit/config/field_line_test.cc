#include "config/field_line.h"

#include <gtest/gtest.h>

namespace greeter::config {
namespace {

constexpr char kText[] = R"(# a comment
listeners:
- name: one
  greeting:
    text: Moin
- name: two
  address: ":1"
  limits: {accept_rate: 1,
           acceptBurst: 2}
)";

TEST(LineOfFieldTest, FindsTheFieldOrWhatIsAroundIt) {
  EXPECT_EQ(LineOfField(kText, "listeners"), 2);
  EXPECT_EQ(LineOfField(kText, "listeners[0].name"), 3);
  EXPECT_EQ(LineOfField(kText, "listeners[0].greeting.text"), 5);
  EXPECT_EQ(LineOfField(kText, "listeners[1].address"), 7);
  EXPECT_EQ(LineOfField(kText, "listeners[1].limits.accept_rate"), 8);
  EXPECT_EQ(LineOfField(kText, "listeners[1].limits.accept_burst"), 9);
  // Left out in the file.
  EXPECT_EQ(LineOfField(kText, "listeners[0].address"), 3);
  EXPECT_EQ(LineOfField(kText, "listeners[0].greeting.ending"), 4);
  EXPECT_EQ(LineOfField(kText, "listeners[7].address"), 2);
  EXPECT_EQ(LineOfField(kText, "change.comment"), 0);
}

TEST(LineOfFieldTest, ReadsWhatGreeterctlPrintsAndAnyText) {
  EXPECT_EQ(
      LineOfField("{\"config\": {\n\"listeners\": [\n{\"name\": \"one\"}]}}", "listeners[0].name"),
      3);
  EXPECT_EQ(LineOfField("", "listeners"), 0);
  EXPECT_EQ(LineOfField("[", "listeners"), 0);
  EXPECT_EQ(LineOfField("listeners: []", ""), 0);
  EXPECT_EQ(LineOfField("listeners: text", "listeners[0].name"), 1);
}

}  // namespace
}  // namespace greeter::config
