#include "net/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace greeter::net {
namespace {

using ::testing::HasSubstr;

Address At(const std::string& text) { return Address::Parse(text).value(); }

struct BadForm {
  std::string text;
  std::string why;
};

class BadAddressTest : public ::testing::TestWithParam<BadForm> {};

TEST_P(BadAddressTest, IsRefusedWithItsReason) {
  const absl::StatusOr<Address> address = Address::Parse(GetParam().text);
  ASSERT_FALSE(address.ok()) << address->ToString();
  EXPECT_EQ(address.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(address.status().message()), HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    EveryForm, BadAddressTest,
    ::testing::Values(
        BadForm{"", "address is empty; write host:port"}, BadForm{"9190", "there is no port"},
        BadForm{"127.0.0.1", "there is no port"}, BadForm{"[::1]", "there is no port"},
        BadForm{":", "the port \"\" is no number"}, BadForm{":http", "\"http\" is no number"},
        BadForm{":65536", "65536 is beyond 65535"}, BadForm{":99999999999999", "beyond 65535"},
        BadForm{":-1", "\"-1\" is no number"}, BadForm{":+1", "\"+1\" is no number"},
        BadForm{": 80", "\" 80\" is no number"}, BadForm{":80 ", "\"80 \" is no number"},
        BadForm{":0x50", "\"0x50\" is no number"}, BadForm{"example.com:80", "not looked up"},
        BadForm{"256.0.0.1:80", "no IP address"}, BadForm{"127.1:80", "no IP address"},
        BadForm{" 127.0.0.1:80", "no IP address"}, BadForm{"*:80", "no IP address"},
        BadForm{"::1:80", "in brackets"}, BadForm{"[]:80", "no IPv6 address"},
        BadForm{"[::1:80", "no IPv6 address"}, BadForm{"[127.0.0.1]:80", "no IPv6 address"},
        BadForm{"[::g]:80", "no IPv6 address"}, BadForm{"[fe80::1%nowhere]:80", "no IPv6 address"},
        BadForm{std::string("127.0.0.1\0x:80", 14), "NUL byte"},
        BadForm{std::string("[::1\0x]:80", 10), "NUL byte"}, BadForm{"unix:", "begins with \"/\""},
        BadForm{"unix:greeter.sock", "begins with \"/\""},
        BadForm{"unix:/run/../run/a", "\"//\": /run/a"}, BadForm{"unix:/run//a", "\"//\": /run/a"},
        BadForm{std::string("unix:/a\0b", 9), "NUL byte"},
        BadForm{"unix:/" + std::string(107, 'a'), "108 bytes; a unix socket's has 107 at most"}));

TEST(AddressTest, IsWrittenAsItIsRead) {
  for (const char* text : {":9190", ":0", ":65535", "127.0.0.1:9190", "0.0.0.0:1", "[::1]:9190",
                           "[::]:9190", "[2001:db8::1]:80", "unix:/run/greeter.sock"}) {
    EXPECT_EQ(At(text).ToString(), text);
  }
  EXPECT_EQ(At("localhost:80").ToString(), "127.0.0.1:80");
  EXPECT_EQ(At("[0:0::1]:080").ToString(), "[::1]:80");
  EXPECT_EQ(At("[::ffff:127.0.0.1]:80").ToString(), "127.0.0.1:80");
  EXPECT_EQ(At("unix:/" + std::string(106, 'a')).path().size(), 107u);
}

TEST(AddressTest, KnowsItsParts) {
  EXPECT_TRUE(At(":80").is_dual_stack());
  EXPECT_FALSE(At("[::]:80").is_dual_stack());
  EXPECT_TRUE(At("0.0.0.0:80").is_wildcard());
  EXPECT_TRUE(At("127.9.9.9:80").is_loopback());
  EXPECT_TRUE(At("[::1]:80").is_loopback());
  EXPECT_TRUE(At("unix:/x").is_loopback());
  EXPECT_FALSE(At(":80").is_loopback());
  EXPECT_EQ(At("[::1]:80").host(), "::1");
  EXPECT_EQ(At("[::1]:80").WithPort(81).port(), 81);
  EXPECT_EQ(At(":80").WithoutIpv6().ToString(), "0.0.0.0:80");
}

TEST(AddressTest, OverlapsWithWhatCouldGetTheSameConnection) {
  const auto overlap = [](const char* a, const char* b) {
    EXPECT_EQ(At(a).Overlaps(At(b)), At(b).Overlaps(At(a))) << a << " " << b;
    return At(a).Overlaps(At(b));
  };
  EXPECT_TRUE(overlap(":80", ":80"));
  EXPECT_TRUE(overlap(":80", "127.0.0.1:80"));
  EXPECT_TRUE(overlap(":80", "[::1]:80"));
  EXPECT_TRUE(overlap(":80", "0.0.0.0:80"));
  EXPECT_TRUE(overlap("0.0.0.0:80", "127.0.0.1:80"));
  EXPECT_TRUE(overlap("[::]:80", "[::1]:80"));
  EXPECT_TRUE(overlap("unix:/a", "unix:/a"));
  EXPECT_FALSE(overlap("[::]:80", "0.0.0.0:80"));
  EXPECT_FALSE(overlap("[::]:80", "127.0.0.1:80"));
  EXPECT_FALSE(overlap("127.0.0.1:80", "127.0.0.2:80"));
  EXPECT_FALSE(overlap(":80", ":81"));
  EXPECT_FALSE(overlap(":0", ":0"));
  EXPECT_FALSE(overlap("unix:/a", "unix:/b"));
  EXPECT_FALSE(overlap("unix:/a", ":80"));
}

}  // namespace
}  // namespace greeter::net
