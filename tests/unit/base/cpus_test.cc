#include "base/cpus.h"

#include <gtest/gtest.h>

#include <thread>

namespace greeter::base {
namespace {

TEST(CpusTest, ReadsACgroupsQuota) {
  EXPECT_EQ(CpusOfQuota("max 100000"), 0);
  EXPECT_EQ(CpusOfQuota("200000 100000"), 2);
  EXPECT_EQ(CpusOfQuota("150000 100000"), 2);
  EXPECT_EQ(CpusOfQuota("50000 100000"), 1);
  EXPECT_EQ(CpusOfQuota(""), 0);
  EXPECT_EQ(CpusOfQuota("0 0"), 0);
}

TEST(CpusTest, CountsWhatTheAffinityAllows) {
  const std::vector<int> cpus = AffinityCpus();
  ASSERT_FALSE(cpus.empty());
  EXPECT_LE(UsableCpus(), static_cast<int>(cpus.size()));
  std::thread([&cpus] {
    ASSERT_TRUE(PinThread(cpus.back()));
    EXPECT_EQ(AffinityCpus(), std::vector<int>{cpus.back()});
    EXPECT_EQ(UsableCpus(), 1);
  }).join();
}

}  // namespace
}  // namespace greeter::base
