#include "admin_cli/views/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace greeter::admin_cli {
namespace {

TEST(RenderTest, AlignsColumns) {
  EXPECT_EQ(RenderTable({{"NAME"}, {"N", Align::kRight}, {"LAST"}},
                        {{"a", "100", "x"}, {"\u00e9t\u00e9 long", "1", ""}}),
            "NAME        N  LAST\n"
            "a         100  x\n"
            "\u00e9t\u00e9 long    1\n");
}

TEST(RenderTest, NoControlCharacterReachesATerminal) {
  EXPECT_EQ(Printable("a\x1b[2J\r\n\x7F\xC2\x9B\xC3\xA9\xFFz"),
            "a\\x1B[2J\\x0D\\x0A\\x7F\\xC2\\x9B\xC3\xA9\\xFFz");
  EXPECT_EQ(Printable("a\nb\t", /*keep_line_feeds=*/true), "a\nb\\x09");
}

api::ServerStatus SomeStatus() {
  api::ServerStatus status;
  status.set_server_id("web-1");
  status.set_version("0.1.0");
  status.mutable_start_time()->set_seconds(1'000'000'000);
  status.mutable_revision()->set_number(12);
  status.mutable_revision()->mutable_time()->set_seconds(1'000'003'600);
  status.mutable_revision()->set_author("127.0.0.1:4242");
  status.mutable_revision()->set_action("set message of default");
  status.mutable_revision()->set_comment("why not");
  auto* listening = status.add_listeners();
  listening->set_name("default");
  listening->set_state(api::ListenerStatus::STATE_LISTENING);
  listening->set_bound_address("0.0.0.0:9190");
  listening->set_applied_revision(12);
  listening->mutable_counts()->set_accepted(1234);
  listening->mutable_counts()->set_open(5);
  auto* failed = status.add_listeners();
  failed->set_name("web");
  failed->set_state(api::ListenerStatus::STATE_FAILED);
  failed->set_error("address in use");
  return status;
}

TEST(RenderTest, StatusShowsServerRevisionAndListeners) {
  EXPECT_EQ(RenderStatus(SomeStatus(), absl::FromUnixSeconds(1'000'007'261)),
            "server    web-1, version 0.1.0\n"
            "started   2001-09-09 01:46:40 UTC (2h 1m ago)\n"
            "revision  12, 2001-09-09 02:46:40 UTC, by 127.0.0.1:4242: set message of default "
            "(why not)\n"
            "\n"
            "LISTENER  STATE      ADDRESS       REVISION  OPEN  ACCEPTED\n"
            "default   listening  0.0.0.0:9190        12     5      1234\n"
            "web       FAILED     -                    0     0         0\n"
            "\n"
            "web failed: address in use\n");
}

TEST(RenderTest, StatusTellsWhetherTheConfigFileIsInEffect) {
  api::ServerStatus status = SomeStatus();
  status.mutable_config_file()->set_path("/etc/greeter.yaml");
  status.mutable_config_file()->set_revision(7);
  EXPECT_THAT(
      RenderStatus(status, absl::UnixEpoch()),
      ::testing::HasSubstr("config file: in effect since revision 7 (/etc/greeter.yaml)\n"));
  status.mutable_config_file()->set_changed_since(true);
  EXPECT_THAT(RenderStatus(status, absl::UnixEpoch()),
              ::testing::HasSubstr("config file: changed at run time since revision 7 "));
}

TEST(RenderTest, StatusShowsWarningsAndUntilWhenCertificatesAreGood) {
  api::ServerStatus status = SomeStatus();
  status.add_warnings("a certificate\n expires");
  status.mutable_admin_certificates()->mutable_server_expires()->set_seconds(1'000'000'000);
  status.mutable_admin_certificates()->mutable_client_ca_expires()->set_seconds(1'000'003'600);
  EXPECT_THAT(RenderStatus(status, absl::UnixEpoch()),
              ::testing::HasSubstr("admin     TLS certificate until 2001-09-09 01:46:40 UTC, "
                                   "clients' CA until 2001-09-09 02:46:40 UTC\n"
                                   "warning   a certificate"));
}

TEST(RenderTest, StatusWithoutListenersSaysSo) {
  EXPECT_EQ(RenderListeners({}), "No listeners; \"greeterctl config apply\" adds them.\n");
}

TEST(RenderTest, CountsHaveATotalIfThereAreSeveral) {
  api::GetConnectionCountsResponse response;
  auto* one = response.add_listeners();
  one->set_name("default");
  one->mutable_counts()->set_accepted(10);
  one->mutable_counts()->set_timed_out(3);
  const std::string title =
      "LISTENER  ACCEPTED  OPEN  COMPLETED  TIMED OUT  RESET  REJECTED  BYTES SENT  PAUSES\n";
  const std::string row =
      "default         10     0          0          3      0         0           0       0\n";
  EXPECT_EQ(RenderCounts(response), title + row);
  response.add_listeners()->set_name("web");
  response.mutable_total()->set_accepted(11);
  EXPECT_EQ(
      RenderCounts(response),
      title + row +
          "web              0     0          0          0      0         0           0       0\n"
          "TOTAL           11     0          0          0      0         0           0       0\n");
}

TEST(RenderTest, GreetingForATerminal) {
  api::Greeting greeting;
  greeting.set_text("Down for\nmaintenance\x07");
  greeting.set_ending(api::ENDING_CRLF);
  EXPECT_EQ(RenderGreeting("default", greeting),
            "listener  default\nending    crlf\ntemplate  no\nsize      21 bytes\n\n"
            "Down for\nmaintenance\\x07\n");
}

}  // namespace
}  // namespace greeter::admin_cli
