#include "e2e/addresses.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace greeter::testing {
namespace {

// The kernel alone, asked a thousand times, gives some port twice all but surely.
TEST(FreeAddressTest, NoneIsGivenTwice) {
  std::set<std::string> addresses;
  for (int i = 0; i < 1000; ++i) {
    const std::string address = FreeAddress();
    EXPECT_NE(address, "");
    EXPECT_TRUE(addresses.insert(address).second) << address;
  }
}

}  // namespace
}  // namespace greeter::testing
