#include "observe/observatory.h"

#include <gmock/gmock.h>

#include "observe_fixture.h"
#include "support/tcp_client.h"

namespace greeter::observe {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ObservatoryTest : public ObserveTest {
 protected:
  std::unique_ptr<Observatory> Open(const std::string& address) {
    auto observatory = Observatory::Open(MakeSources(), {.address = address});
    EXPECT_TRUE(observatory.ok()) << observatory.status();
    return *std::move(observatory);
  }

  static std::string Get(const Observatory& observatory, const std::string& path) {
    const std::string url = observatory.url();
    const std::string address = url.substr(7, url.size() - 8);
    return testing::Greet(*net::Address::Parse(address),
                          "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .bytes;
  }
};

TEST_F(ObservatoryTest, SaysSoWhileItStarts) {
  const auto observatory = Open("127.0.0.1:0");
  EXPECT_THAT(Get(*observatory, "/livez"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Get(*observatory, "/readyz"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(Get(*observatory, "/status.json"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(Get(*observatory, "/metrics"), HasSubstr("greeter_ready 0\n"));
  StartWith({"default"});
  EXPECT_THAT(Get(*observatory, "/readyz"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Get(*observatory, "/status.json"), HasSubstr("\r\nContent-Type: application/json"));
  alive_ = false;
  EXPECT_THAT(Get(*observatory, "/livez"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(ObservatoryTest, OverIpv6Too) {
  const auto observatory = Open("[::1]:0");
  EXPECT_THAT(observatory->url(), StartsWith("http://[::1]:"));
  EXPECT_THAT(Get(*observatory, "/livez"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ObservatoryTest, NoneIsNone) { EXPECT_EQ(Open("none")->url(), ""); }

// A second greeterd on a machine starts all the same; one that was told an address does not.
TEST_F(ObservatoryTest, ATakenAddressMattersIfItWasAskedFor) {
  const auto observatory = Open("127.0.0.1:0");
  const std::string taken = observatory->url().substr(7, observatory->url().size() - 8);
  const auto asked = Observatory::Open(MakeSources(), {.address = taken});
  EXPECT_EQ(asked.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(asked.status().message()), HasSubstr("--http: can't listen on " + taken));
  const auto usual = Observatory::Open(MakeSources(), {.address = taken, .is_default = true});
  ASSERT_TRUE(usual.ok()) << usual.status();
  EXPECT_EQ((*usual)->url(), "");
}

}  // namespace
}  // namespace greeter::observe
