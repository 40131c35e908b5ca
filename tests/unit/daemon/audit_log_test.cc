// What a record of the audit says, and that no record crowds out the others.

#include "daemon/audit_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <memory>
#include <sstream>
#include <string>

namespace greeter::daemon {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class AuditLogTest : public ::testing::Test {
 protected:
  template <typename Told>
  std::string RecordOf(const Told& told) {
    std::ostringstream written;
    AuditLog(std::make_shared<spdlog::logger>(
        "text", std::make_shared<spdlog::sinks::ostream_sink_st>(written)))(told);
    return written.str();
  }
};

TEST_F(AuditLogTest, AChangeThatFailedWhenItWasRecordedIsNotCalledRefused) {
  control::Decision decision;
  decision.before = 1;
  decision.after = 2;
  decision.outcome = absl::StatusCode::kFailedPrecondition;
  EXPECT_THAT(RecordOf(decision), AllOf(HasSubstr("[warning]"), HasSubstr("change accepted"),
                                        HasSubstr("new_revision=2 outcome=FAILED_PRECONDITION")));
}

TEST_F(AuditLogTest, WhatIsRefusedForItsLengthIsCut) {
  control::Decision decision;
  decision.action = "start " + std::string(5'000'000, 'n');
  decision.comment = "ä" + std::string(5'000'000, '\n');
  decision.reason = "r" + std::string(5'000'000, 'r');
  decision.outcome = absl::StatusCode::kInvalidArgument;
  const std::string record = RecordOf(decision);
  EXPECT_LT(record.size(), 10'000U);
  EXPECT_THAT(record,
              AllOf(HasSubstr("start nn"), HasSubstr("n…\" author"), HasSubstr("reason=rr")));
}

TEST_F(AuditLogTest, ADenialIsCutToo) {
  const std::string endless(5'000'000, 'm');
  EXPECT_LT(RecordOf(admin::Denial{"/" + endless, endless, endless}).size(), 10'000U);
}

TEST_F(AuditLogTest, TheLongestCommentAllowedIsWhole) {
  control::Decision decision;
  decision.comment = std::string(1023, 'c') + "!";
  EXPECT_THAT(RecordOf(decision), HasSubstr("c!"));
}

}  // namespace
}  // namespace greeter::daemon
