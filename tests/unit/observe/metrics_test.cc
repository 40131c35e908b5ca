#include "observe/metrics.h"

#include <gmock/gmock.h>

#include "absl/strings/match.h"
#include "observe_fixture.h"

namespace greeter::observe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class MetricsTest : public ObserveTest {
 protected:
  std::string Text() { return Metrics(MakeSources()).Text(); }
};

TEST_F(MetricsTest, BeforeTheStartThereIsLittleToSay) {
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("greeter_alive 1\n"));
  EXPECT_THAT(text, HasSubstr("greeter_ready 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("greeter_revision")));
}

TEST_F(MetricsTest, CountsCarryTheirListener) {
  StartWith({"default", "canary"});
  data_plane_.SetAccepted(7);
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("greeter_connections_accepted_total{listener=\"default\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("greeter_connections_accepted_total{listener=\"canary\"} 7\n"));
  EXPECT_THAT(
      text,
      HasSubstr("greeter_connections_ended_total{listener=\"canary\",outcome=\"timed_out\"}"));
}

TEST_F(MetricsTest, TheAccessLogIsCountedIfThereIsOne) {
  EXPECT_THAT(Text(), Not(HasSubstr("greeter_access_log")));
  access_log_ = {7, 3};
  EXPECT_THAT(Text(), HasSubstr("greeter_access_log_lines_total 7\n"));
  EXPECT_THAT(Text(), HasSubstr("greeter_access_log_dropped_total 3\n"));
}

TEST_F(MetricsTest, TheStateIsOneOfThree) {
  StartWith({"default"});
  api::StopListeningRequest request;
  Run(control::StopListening(request));
  const std::string text = Text();
  EXPECT_THAT(text,
              HasSubstr("greeter_listener_state{listener=\"default\",state=\"stopped\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("greeter_listener_state{listener=\"default\",state=\"listening\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("greeter_listener_state{listener=\"default\",state=\"failed\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("greeter_ready 0\n"));
}

TEST_F(MetricsTest, TheConfigFileDriftsWithTheFirstChange) {
  ASSERT_TRUE(controller_.Start(ConfigOf({"default"}), "hash").ok());
  EXPECT_THAT(Text(), HasSubstr("greeter_config_file_drift 0\n"));
  SetMessage("default", "Back soon");
  EXPECT_THAT(Text(), HasSubstr("greeter_config_file_drift 1\n"));
  EXPECT_THAT(Text(), HasSubstr("greeter_revision 2\n"));
}

TEST_F(MetricsTest, WithoutAConfigFileThereIsNoDrift) {
  StartWith({"default"});
  EXPECT_THAT(Text(), Not(HasSubstr("greeter_config_file_drift")));
}

TEST_F(MetricsTest, CertificatesExpire) {
  StartWith({"default"});
  EXPECT_THAT(Text(), Not(HasSubstr("greeter_certificate")));
  certificates_.emplace();
  certificates_->mutable_server_expires()->set_seconds(2000);
  certificates_->mutable_client_ca_expires()->set_seconds(3000);
  const std::string name = "greeter_certificate_expiry_timestamp_seconds";
  EXPECT_THAT(Text(), HasSubstr(name + "{certificate=\"server\"} 2000\n"));
  EXPECT_THAT(Text(), HasSubstr(name + "{certificate=\"client_ca\"} 3000\n"));
}

TEST_F(MetricsTest, AdminCallsByMethodAndCode) {
  admin_calls_.Count("greeter.admin.v1.GreeterAdminService/SetMessage", absl::StatusCode::kOk);
  admin_calls_.Count("greeter.admin.v1.GreeterAdminService/SetMessage", absl::StatusCode::kOk);
  admin_calls_.Count("greeter.admin.v1.GreeterAdminService/SetMessage", absl::StatusCode::kAborted);
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("greeter_admin_calls_total{method=\"greeter.admin.v1."
                              "GreeterAdminService/SetMessage\",code=\"OK\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("code=\"ABORTED\"} 1\n"));
}

TEST_F(MetricsTest, HistogramsAreCumulative) {
  StartWith({"default"});
  data_plane::Durations durations;
  durations.Record(std::chrono::milliseconds(1));
  durations.Record(std::chrono::milliseconds(20));
  durations.Record(std::chrono::milliseconds(30));
  durations.Record(std::chrono::hours(1));
  durations.AddTo(&times_.lifetime);
  const std::string text = Text();
  const std::string bucket =
      "greeter_connection_lifetime_seconds_bucket{listener=\"default\",le=\"";
  EXPECT_THAT(text, HasSubstr(bucket + "0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(bucket + "0.025\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(bucket + "60\"} 3\n"));
  EXPECT_THAT(text, HasSubstr(bucket + "+Inf\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("greeter_connection_lifetime_seconds_count{listener=\"default\"} 4"));
  EXPECT_THAT(text, HasSubstr("greeter_connection_lifetime_seconds_sum{listener=\"default\"} "
                              "3600.051\n"));
  EXPECT_THAT(text, HasSubstr("greeter_accept_to_sent_seconds_count{listener=\"default\"} 0"));
}

TEST_F(MetricsTest, SaysWhoItIs) {
  StartWith({"default"});
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("greeter_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("greeter_server_info{server_id=\"host-1\",label_site=\"berlin\"} 1"));
  EXPECT_THAT(text, HasSubstr("greeter_start_timestamp_seconds 1000\n"));
  EXPECT_THAT(text, HasSubstr("process_open_fds "));
}

}  // namespace
}  // namespace greeter::observe
