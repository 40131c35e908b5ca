// Promise 10: always reachable. Who does not acknowledge our SETTINGS begins few calls.

#include "admin/stream_guard.h"

#include <string>

#include "gtest/gtest.h"

namespace greeter::admin {
namespace {

const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string Frame(char type, char flags, const std::string& payload) {
  const auto size = static_cast<char>(payload.size());
  return std::string("\0\0", 2) + size + type + flags + std::string("\0\0\0\1", 4) + payload;
}

std::string Call() { return Frame(1, 4, "headers"); }
std::string Calls(int count) {
  std::string calls;
  for (int i = 0; i < count; ++i) calls += Call();
  return calls;
}
std::string Settings() { return Frame(4, 0, "123456"); }
std::string Acknowledgement() { return Frame(4, 1, ""); }

TEST(StreamGuardTest, FewCallsAreAdmittedBeforeTheAcknowledgement) {
  StreamGuard guard;
  EXPECT_TRUE(guard.Admit(kPreface + Settings() + Calls(kMostEarlyCalls)));
  EXPECT_FALSE(guard.Admit(Call()));
}

TEST(StreamGuardTest, AfterItGrpcCounts) {
  StreamGuard guard;
  EXPECT_TRUE(guard.Admit(kPreface + Settings()));
  guard.ServerSpoke();
  EXPECT_TRUE(guard.Admit(Acknowledgement() + Calls(1000)));
}

TEST(StreamGuardTest, NothingIsAcknowledgedBeforeTheServerSpoke) {
  StreamGuard guard;
  EXPECT_FALSE(guard.Admit(kPreface + Acknowledgement() + Calls(kMostEarlyCalls + 1)));
}

TEST(StreamGuardTest, BytesMayComeOneByOne) {
  StreamGuard guard;
  for (const char byte : kPreface + Settings() + Calls(kMostEarlyCalls)) {
    ASSERT_TRUE(guard.Admit({&byte, 1}));
  }
  EXPECT_FALSE(guard.Admit(Call()));
}

// What other frames hold is not taken for calls.
TEST(StreamGuardTest, OtherFramesAreNoCalls) {
  StreamGuard guard;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(guard.Admit((i == 0 ? kPreface : "") + Frame(0, 0, Call() + Call())));
  }
}

}  // namespace
}  // namespace greeter::admin
