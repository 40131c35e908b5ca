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
  AuditLogTest() : log_(LoggerTo(changes_), LoggerTo(denials_)) {}

  std::string RecordOf(const control::Decision& decision) {
    log_(decision);
    EXPECT_EQ(denials_.str(), "");
    return changes_.str();
  }
  // Apart, for these are dropped first when the log has no room.
  std::string RecordOf(const admin::Denial& denial) {
    log_(denial);
    EXPECT_EQ(changes_.str(), "");
    return denials_.str();
  }

 private:
  static std::shared_ptr<spdlog::logger> LoggerTo(std::ostringstream& written) {
    return std::make_shared<spdlog::logger>(
        "text", std::make_shared<spdlog::sinks::ostream_sink_st>(written));
  }

  std::ostringstream changes_;
  std::ostringstream denials_;
  AuditLog log_;
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
