#include "admin/status_conversion.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "control/field_violation.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"

namespace greeter::admin {
namespace {

using ::testing::EndsWith;
using ::testing::SizeIs;

google::rpc::BadRequest Details(const grpc::Status& status) {
  google::rpc::Status rich;
  google::rpc::BadRequest bad_request;
  EXPECT_TRUE(rich.ParseFromString(status.error_details()));
  EXPECT_THAT(rich.details(), SizeIs(1));
  EXPECT_TRUE(bad_request.ParseFromString(rich.details(0).value()));
  return bad_request;
}

TEST(StatusConversionTest, KeepsCodeAndMessage) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  const grpc::Status status = ToGrpcStatus(absl::AbortedError("the current revision is 3"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(status.error_message(), "the current revision is 3");
  EXPECT_EQ(status.error_details(), "");
}

TEST(StatusConversionTest, ViolationsBecomeDetails) {
  const grpc::Status status = ToGrpcStatus(
      control::InvalidArgument({{"greeting.text", "is too long"}, {"change.comment", "too"}}));
  const google::rpc::BadRequest details = Details(status);
  ASSERT_THAT(details.field_violations(), SizeIs(2));
  EXPECT_EQ(details.field_violations(0).field(), "greeting.text");
  EXPECT_EQ(details.field_violations(0).description(), "is too long");
}

TEST(StatusConversionTest, ManyViolationsAreCut) {
  std::vector<control::FieldViolation> violations;
  for (int i = 0; i < 1000; ++i) violations.push_back({absl::StrCat("f", i), std::string(50, 'x')});
  const grpc::Status status = ToGrpcStatus(control::InvalidArgument(violations));
  EXPECT_LE(status.error_message().size(), kMaxStatusMessageBytes);
  EXPECT_LE(status.error_details().size(), kMaxStatusDetailsBytes);
  const google::rpc::BadRequest details = Details(status);
  EXPECT_GT(details.field_violations_size(), 10);
  EXPECT_THAT(status.error_message(), EndsWith(" more"));
}

TEST(StatusConversionTest, LongTextsAreCutBetweenCharacters) {
  std::string text;
  while (text.size() < 3000) text += "ü";
  for (const char* prefix : {"", "x"}) {
    const grpc::Status status =
        ToGrpcStatus(control::InvalidArgument({{"field", absl::StrCat(prefix, text)}}));
    EXPECT_LE(status.error_message().size(), kMaxStatusMessageBytes);
    const std::string description = Details(status).field_violations(0).description();
    EXPECT_THAT(description, EndsWith("ü…"));
    EXPECT_LE(description.size(), 768);
  }
}

}  // namespace
}  // namespace greeter::admin
