#include "daemon/descriptor_budget.h"

#include <gtest/gtest.h>

namespace greeter::daemon {
namespace {

TEST(DescriptorBudgetTest, KeepsAnEighthWithinReason) {
  EXPECT_EQ(DivideDescriptors(1024).data_plane, 1024 - 128);
  EXPECT_EQ(DivideDescriptors(1024).admin_connections, 64);
  EXPECT_EQ(DivideDescriptors(128).data_plane, 64);
  EXPECT_EQ(DivideDescriptors(128).admin_connections, 32);
  EXPECT_EQ(DivideDescriptors(1024).http_connections, 16);
  EXPECT_EQ(DivideDescriptors(128).http_connections, 8);
  EXPECT_EQ(DivideDescriptors(1'000'000).data_plane, 1'000'000 - 1024);
  EXPECT_EQ(DivideDescriptors(1'000'000).admin_connections, 512);
}

TEST(DescriptorBudgetTest, RefusesALimitThatGrpcWouldAbortAt) {
  EXPECT_EQ(CheckDescriptorLimit(64), absl::OkStatus());
  EXPECT_EQ(CheckDescriptorLimit(63).code(), absl::StatusCode::kFailedPrecondition);
}

// Whatever the limit: both have something, and something is left.
TEST(DescriptorBudgetTest, NobodyIsLeftWithout) {
  for (int limit = 4; limit < 5000; ++limit) {
    const DescriptorBudget budget = DivideDescriptors(limit);
    ASSERT_GT(budget.data_plane, 0) << limit;
    ASSERT_GT(budget.admin_connections, 0) << limit;
    ASSERT_LT(budget.data_plane + budget.admin_connections, limit) << limit;
  }
}

}  // namespace
}  // namespace greeter::daemon
