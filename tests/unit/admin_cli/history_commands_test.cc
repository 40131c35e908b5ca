// history, show, rollback, and what a change of the config would do.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/message_limit.h"
#include "commands_fixture.h"
#include "config/defaults.h"

namespace greeter::admin_cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class HistoryCommandsTest : public CommandsTest {
 protected:
  // The next page has the revisions from `newest` down to `oldest`.
  void HavePage(uint64_t newest, uint64_t oldest, const std::string& next = "") {
    api::ListRevisionsResponse& page = service_.list_responses.emplace_back();
    for (uint64_t number = newest; number >= oldest; --number) {
      api::Revision& revision = *page.add_revisions();
      revision.set_number(number);
      revision.mutable_time()->set_seconds(1'000'000'000);
      revision.set_author(number % 2 == 0 ? "127.0.0.1:4242" : "unix");
      revision.set_action("set message of default");
      if (number == newest) revision.set_comment("why\x1b\nnot");
    }
    page.set_next_page_token(next);
  }

  // The server has revision 7 and would keep what `yaml` says as revision 8.
  void HaveConfigs(const std::string& now) {
    api::Greeting greeting;
    greeting.set_text(now);
    HaveGreeting(greeting);
    service_.config_response.mutable_revision()->set_number(7);
  }
  void WouldKeep(const std::string& text, uint64_t revision) {
    for (api::Config* config :
         {service_.apply_response.mutable_config(), service_.roll_back_response.mutable_config()}) {
      *config = service_.config_response.config();
      config->mutable_listeners(0)->mutable_greeting()->set_text(text);
    }
    service_.apply_response.mutable_revision()->set_number(revision);
    service_.roll_back_response.mutable_revision()->set_number(revision);
  }
};

TEST_F(HistoryCommandsTest, HistoryMarksTheCurrentRevision) {
  HavePage(12, 11);
  const Outcome outcome = Greeterctl({"history"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out,
            "REV  TIME (UTC)           AUTHOR          ACTION                  COMMENT\n"
            "*12  2001-09-09 01:46:40  127.0.0.1:4242  set message of default  why\\x1B\\x0Anot\n"
            " 11  2001-09-09 01:46:40  unix            set message of default\n");
  ASSERT_THAT(service_.list_requests, SizeIs(1));
  EXPECT_EQ(service_.list_requests[0].page_size(), 20u);
}

TEST_F(HistoryCommandsTest, HistoryReadsAsManyPagesAsItNeeds) {
  HavePage(3000, 2001, "one");
  HavePage(2000, 1501, "two");
  const Outcome outcome = Greeterctl({"history", "--limit", "1500"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("\n 1501  "));
  EXPECT_THAT(outcome.out, HasSubstr("\n\nThere are older ones: \"greeterctl history --limit "
                                     "7500\", or \"--limit 0\" for all.\n"));
  ASSERT_THAT(service_.list_requests, SizeIs(2));
  EXPECT_EQ(service_.list_requests[0].page_size(), 1000u);
  EXPECT_EQ(service_.list_requests[1].page_size(), 500u);
  EXPECT_EQ(service_.list_requests[1].page_token(), "one");

  // All of them are one message to scripts, and the token leads on.
  service_.list_requests.clear();
  const Outcome json = Greeterctl({"history", "--limit", "1500", "-o", "json"});
  EXPECT_THAT(json.out, AllOf(StartsWith("{\n \"revisions\": [\n"), HasSubstr("\"1501\""),
                              HasSubstr("\"nextPageToken\": \"two\"")));
}

TEST_F(HistoryCommandsTest, HistoryOfAllEndsWithTheLastPage) {
  HavePage(5, 4, "more");
  HavePage(3, 1);
  const Outcome outcome = Greeterctl({"history", "--limit", "0"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(service_.list_requests, SizeIs(2));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("\n  1  "), Not(HasSubstr("older"))));
}

TEST_F(HistoryCommandsTest, AServerThatGoesOnForEverIsLeft) {
  service_.list_responses.emplace_back().set_next_page_token("again");
  EXPECT_EQ(Greeterctl({"history", "--limit", "0"}).code, 0);
  EXPECT_THAT(service_.list_requests, SizeIs(1));
}

TEST_F(HistoryCommandsTest, ShowPrintsTheChangeAndAConfigThatCanBeApplied) {
  HaveConfigs("Hi");
  api::Revision& revision = *service_.config_response.mutable_revision();
  revision.mutable_time()->set_seconds(1'000'000'000);
  revision.set_author("unix");
  revision.set_action("set message of default");
  revision.set_comment("two\nlines");
  stdin_ = Greeterctl({"show", "7"}).out;
  EXPECT_EQ(service_.config_request.revision(), 7u);
  EXPECT_THAT(stdin_, StartsWith("# revision  7\n"
                                 "# time      2001-09-09 01:46:40 UTC\n"
                                 "# author    unix\n"
                                 "# action    set message of default\n"
                                 "# comment   two\\x0Alines\n"
                                 "listeners:\n  - name: default\n"));
  EXPECT_EQ(Greeterctl({"config", "apply", "-f", "-"}).code, 0);
  EXPECT_EQ(service_.apply_request.config().listeners(0).greeting().text(), "Hi");
  EXPECT_THAT(Greeterctl({"show", "7", "-o", "json"}).out, StartsWith("{\n \"config\": {\n"));
  Refuse(grpc::StatusCode::NOT_FOUND, "no revision 9; the current one is 7");
  const Outcome outcome = Greeterctl({"show", "9"});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_EQ(outcome.err, "greeterctl: no revision 9; the current one is 7\n");
}

TEST_F(HistoryCommandsTest, RollBack) {
  service_.roll_back_response.mutable_revision()->set_number(8);
  *service_.roll_back_response.add_listeners() = Listening();
  const Outcome outcome =
      Greeterctl({"rollback", "3", "--expect-revision", "7", "--comment", "typo"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out,
              AllOf(StartsWith("The config of revision 3 is in force as revision 8.\n\nLISTENER "),
                    HasSubstr("\ndefault ")));
  EXPECT_EQ(service_.roll_back_request.ShortDebugString(),
            "revision: 3 change { expected_revision: 7 comment: \"typo\" }");
  EXPECT_EQ(Greeterctl({"rollback", "3", "--comment", "\xFF"}).code, 7);
}

TEST_F(HistoryCommandsTest, RollBackFails) {
  const std::vector<std::pair<grpc::StatusCode, int>> cases = {
      {grpc::StatusCode::NOT_FOUND, 4},
      {grpc::StatusCode::ABORTED, 5},
      {grpc::StatusCode::FAILED_PRECONDITION, 1},
      {grpc::StatusCode::UNAVAILABLE, 3},
      {grpc::StatusCode::DATA_LOSS, 1}};
  for (const auto& [code, exit_code] : cases) {
    Refuse(code, "why");
    const Outcome outcome = Greeterctl({"rollback", "3"});
    EXPECT_EQ(outcome.code, exit_code);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "greeterctl: why\n");
  }
}

TEST_F(HistoryCommandsTest, DryRunsShowWhatWouldChange) {
  HaveConfigs("Hello");
  WouldKeep("Moin", 8);
  const std::string file = Write("c.yaml", "listeners: [{name: a}]");
  const std::string expected =
      "Nothing has changed. It can be done, and would make revision 8:\n\n"
      "~ default\n    greeting.text: \"Hello\" -> \"Moin\"\n";
  for (const auto& command : std::vector<std::vector<std::string>>{
           {"config", "apply", "-f", file, "--dry-run"}, {"rollback", "3", "--dry-run"}}) {
    const Outcome outcome = Greeterctl(command);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, expected);
  }
  EXPECT_EQ(service_.apply_request.change().ShortDebugString(),
            "expected_revision: 7 validate_only: true");
  EXPECT_EQ(service_.roll_back_request.ShortDebugString(),
            "revision: 3 change { expected_revision: 7 validate_only: true }");
  EXPECT_THAT(Greeterctl({"rollback", "3", "--dry-run", "-o", "json"}).out,
              HasSubstr("\"text\": \"Moin\""));
}

TEST_F(HistoryCommandsTest, DryRunsBeginAgainWhenOthersChangeTheConfig) {
  HaveConfigs("Hello");
  WouldKeep("Hello", 7);
  const std::string file = Write("c.yaml", "listeners: [{name: a}]");
  service_.conflicts = 2;
  EXPECT_EQ(Greeterctl({"config", "apply", "-f", file, "--dry-run"}).out,
            "Nothing would change: that is the config of revision 7, the current one.\n");
  EXPECT_EQ(service_.changes, 3);
  service_.conflicts = 3;
  EXPECT_EQ(Greeterctl({"config", "apply", "-f", file, "--dry-run"}).code, 5);
  // What the operator expects is not replaced.
  service_.conflicts = 1;
  service_.changes = 0;
  EXPECT_EQ(Greeterctl({"config", "apply", "-f", file, "--dry-run", "--expect-revision", "6"}).code,
            5);
  EXPECT_EQ(service_.changes, 1);
}

TEST_F(HistoryCommandsTest, ADryRunNeedsAServerThatTellsTheConfig) {
  HaveConfigs("Hello");
  const std::string file = Write("c.yaml", "listeners: [{name: a}]");
  const Outcome old = Greeterctl({"config", "apply", "-f", file, "--dry-run"});
  EXPECT_EQ(old.code, 1);
  EXPECT_THAT(old.err, HasSubstr("too old"));
}

TEST_F(HistoryCommandsTest, ConfigDiff) {
  HaveConfigs("Hello");
  config::Complete(*service_.config_response.mutable_config());
  const std::string file =
      Write("c.yaml", "listeners: [{name: default, greeting: {text: Moin, ending: none}}]");
  const Outcome different = Greeterctl({"config", "diff", "-f", file});
  EXPECT_EQ(different.code, 1);
  EXPECT_EQ(different.err, "");
  EXPECT_THAT(different.out,
              AllOf(StartsWith(absl::StrCat("--- revision 7\n+++ ", file, "\n@@ -3,7 +3,7 @@\n")),
                    HasSubstr("\n-      text: Hello\n+      text: Moin\n")));
  // It needs no more than permission to read.
  EXPECT_EQ(service_.changes, 0);
  stdin_ = "listeners: [{name: default, greeting: {text: Hello}}]";
  const Outcome same = Greeterctl({"config", "diff", "-f", "-"});
  EXPECT_EQ(same.code, 0);
  EXPECT_EQ(same.out, "");
  EXPECT_EQ(same.err, "");
}

// 1 is "different", so that trouble has another code.
TEST_F(HistoryCommandsTest, ConfigDiffTellsTroubleFromDifference) {
  HaveConfigs("Hello");
  const std::string file = Write("c.yaml", "listeners: [{name: a}]");
  EXPECT_EQ(Greeterctl({"config", "diff", "-f", dir_ + "/none"}).code, 2);
  EXPECT_EQ(Greeterctl({"config", "diff", "-f", Write("bad", "listeners: 1")}).code, 7);
  Refuse(grpc::StatusCode::INTERNAL, "trouble");
  EXPECT_EQ(Greeterctl({"config", "diff", "-f", file}).code, 2);
  service_.Stop();
  EXPECT_EQ(Greeterctl({"config", "diff", "-f", file}).code, 3);
}

// gRPC's own limit is 4 MiB.
TEST_F(HistoryCommandsTest, TheLargestAnswersArrive) {
  api::Greeting greeting;
  greeting.set_text(std::string(base::kMaxMessageBytes - 100, 'x'));
  HaveGreeting(greeting);
  const Outcome outcome = Greeterctl({"message", "get"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out.size(), greeting.text().size());
}

}  // namespace
}  // namespace greeter::admin_cli
