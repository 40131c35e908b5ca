// Addresses as they are typed, and names as they are looked up.

#include "probe/target.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <atomic>

#include "absl/status/status.h"

namespace greeter::probe {
namespace {

using testing::HasSubstr;

bool Never() { return false; }

std::atomic<bool> nobody_answers = false;

absl::StatusOr<Target> LookUp(const char* text) {
  return Resolve(ParseTargetName(text).value(), absl::Seconds(30), Never);
}

TEST(TargetTest, ReadsAddressesWithoutLookingAnythingUp) {
  for (const char* text : {"127.0.0.1:80", "localhost:80", ":80", "[::1]:80", "unix:/run/x"}) {
    const auto target = ParseTarget(text);
    ASSERT_TRUE(target.ok()) << target.status();
    EXPECT_EQ(target->text, text);
    EXPECT_EQ(target->addresses.size(), 1U);
  }
  EXPECT_EQ(ParseTarget(":80")->addresses[0].ToString(), "127.0.0.1:80");
  EXPECT_EQ(ParseTarget("[::1]:80")->addresses[0].ToString(), "[::1]:80");
  EXPECT_FALSE(ParseTarget("host.example:80").ok());
}

TEST(TargetTest, SaysWhatIsWrong) {
  for (const char* text :
       {"", "80", "127.0.0.1", "127.0.0.1:0", ":70000", ":x", "[::1:80", "::1:80", "[::1]",
        "[nonsense]:80", "a b:80", "http://x:80", "unix:", "unix:x"}) {
    const auto name = ParseTargetName(text);
    EXPECT_EQ(name.status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_THAT(std::string(ParseTargetName("db1").status().message()),
              HasSubstr("\"db1\": the port is missing; write host:port"));
}

TEST(TargetTest, LooksNamesUp) {
  const auto found = LookUp("localhost:9190");
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_FALSE(found->addresses.empty());
  for (const net::Address& address : found->addresses) {
    EXPECT_TRUE(address.is_loopback());
    EXPECT_EQ(address.port(), 9190);
  }
  EXPECT_EQ(LookUp("127.0.0.2:1")->addresses[0].ToString(), "127.0.0.2:1");
}

// RFC 6761 keeps the name from ever existing.
TEST(TargetTest, SaysThatThereIsNoSuchName) {
  const auto lost = LookUp("nowhere.invalid:9190");
  EXPECT_EQ(lost.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(lost.status().message()), HasSubstr("nowhere.invalid: "));
}

TEST(TargetTest, ALookupCanBeGivenUp) {
  nobody_answers = true;
  const auto name = ParseTargetName("db1:9190").value();
  int asked = 0;
  const auto given_up = Resolve(name, absl::Seconds(30), [&asked] { return ++asked == 3; });
  EXPECT_TRUE(absl::IsCancelled(given_up.status())) << given_up.status();
  EXPECT_EQ(asked, 3);
  const auto late = Resolve(name, absl::Milliseconds(20), Never);
  EXPECT_EQ(late.status(), absl::NotFoundError("db1: no name server answered within 20ms"));
  nobody_answers = false;
}

}  // namespace

// What Resolve() asks with: the C library's, or one that no name server ever answers.
bool NobodyAnswers() { return nobody_answers; }

}  // namespace greeter::probe

extern "C" int getaddrinfo_a(int mode, gaicb* list[], int count, sigevent* event) {
  if (greeter::probe::NobodyAnswers()) {
    list[0]->__return = EAI_INPROGRESS;
    return 0;
  }
  const auto real = reinterpret_cast<decltype(&getaddrinfo_a)>(dlsym(RTLD_NEXT, "getaddrinfo_a"));
  return real(mode, list, count, event);
}
