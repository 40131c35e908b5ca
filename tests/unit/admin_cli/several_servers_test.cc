// Commands that name several servers: what is shown of each, and with which exit code they end.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "admin_cli/commands/ask_servers.h"
#include "commands_fixture.h"

namespace greeter::admin_cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class SeveralServersTest : public CommandsTest {
 protected:
  SeveralServersTest() {
    for (FakeAdminService* service : {&service_, &other_}) {
      *service->stop_response.mutable_listener() = Listening();
      *service->status_response.mutable_status()->add_listeners() = Listening();
    }
    first_ = server_;
    server_ = absl::StrCat(first_, ",", other_.address());
  }

  FakeAdminService other_;
  std::string first_;
};

TEST_F(SeveralServersTest, EachHasItsBlock) {
  const Outcome outcome = Greeterctl({"status"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, AllOf(StartsWith(absl::StrCat("==> ", first_, " <==\nserver ")),
                                 HasSubstr(absl::StrCat("\n\n==> ", other_.address(), " <==\n"))));
}

TEST_F(SeveralServersTest, OneThatIsNotReachedIsListed) {
  other_.Stop();
  const Outcome outcome = Greeterctl({"status"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.err,
            absl::StrCat("greeterctl: 1 of 2 servers failed: ", other_.address(), "\n"));
  EXPECT_THAT(
      outcome.out,
      AllOf(HasSubstr("\ndefault   listening"),
            HasSubstr(absl::StrCat("==> ", other_.address(), " <==\nunreachable: can't reach "))));
}

TEST_F(SeveralServersTest, JsonHasResponsesAndErrors) {
  other_.status = grpc::Status(grpc::StatusCode::NOT_FOUND, "no listener \"x\"");
  const Outcome outcome = Greeterctl({"stop", "-o", "json"});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_THAT(outcome.out,
              StartsWith(absl::StrCat("{\n \"servers\": [\n  {\n   \"server\": \"", first_,
                                      "\",\n   \"response\": {\n    \"listener\": {\n")));
  EXPECT_THAT(outcome.out,
              HasSubstr(absl::StrCat(
                  "\n   }\n  },\n  {\n   \"server\": \"", other_.address(),
                  "\",\n   \"error\": {\"code\": \"NOT_FOUND\", \"exitCode\": 4, \"message\": \"no "
                  "listener \\\"x\\\"\"}\n  }\n ]\n}\n")));
}

TEST_F(SeveralServersTest, YamlIsTheSame) {
  other_.status = grpc::Status(grpc::StatusCode::NOT_FOUND, "none");
  EXPECT_THAT(
      Greeterctl({"stop", "-o", "yaml"}).out,
      AllOf(StartsWith(absl::StrCat("servers:\n  - server: \"", first_,
                                    "\"\n    response:\n      listener:\n        name: default\n")),
            HasSubstr(absl::StrCat("\n  - server: \"", other_.address(),
                                   "\"\n    error: {\"code\": \"NOT_FOUND\", "))));
}

TEST_F(SeveralServersTest, AChangeGoesToAllAndReadsItsInputOnce) {
  stdin_ = "listeners: [{name: a}]";
  EXPECT_EQ(Greeterctl({"config", "apply", "-f", "-", "--expect-revision", "3"}).code, 0);
  for (const FakeAdminService* service : {&service_, &other_}) {
    EXPECT_EQ(service->apply_request.config().listeners(0).name(), "a");
    EXPECT_EQ(service->apply_request.change().expected_revision(), 3u);
  }
}

TEST_F(SeveralServersTest, WhatMakesAFileIsOfOneServer) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"message", "get"}, {"config", "get"}, {"show", "1"}}) {
    HaveGreeting({});
    *other_.config_response.mutable_config() = service_.config_response.config();
    const Outcome outcome = Greeterctl(command);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("names 2; name one"));
    terminal_ = true;
    EXPECT_EQ(Greeterctl(command).code, 0);
    terminal_ = false;
  }
}

TEST(ExitCodeOfTest, TellsTheWorst) {
  const auto code_of = [](const std::vector<absl::StatusCode>& codes, ExitCode done = kOk,
                          ExitCode failed = kFailure) {
    std::vector<ServersAnswer> answers;
    for (const absl::StatusCode code : codes) {
      const bool ok = code == absl::StatusCode::kOk;
      answers.push_back({"s", ok ? absl::StatusOr<Answer>(Answer{nullptr, "", done})
                                 : absl::StatusOr<Answer>(absl::Status(code, ""))});
    }
    return ExitCodeOf(answers, failed);
  };
  using Code = absl::StatusCode;
  EXPECT_EQ(code_of({Code::kOk, Code::kOk}), kOk);
  EXPECT_EQ(code_of({Code::kOk, Code::kAborted}), kConflict);
  EXPECT_EQ(code_of({Code::kAborted, Code::kAborted, Code::kUnavailable}), kUnreachable);
  // Different ones have none in common.
  EXPECT_EQ(code_of({Code::kAborted, Code::kNotFound}), kFailure);
  // As of "config diff".
  EXPECT_EQ(code_of({Code::kOk, Code::kOk}, kFailure, kUsage), kFailure);
  EXPECT_EQ(code_of({Code::kOk, Code::kInternal}, kFailure, kUsage), kUsage);
}

}  // namespace
}  // namespace greeter::admin_cli
