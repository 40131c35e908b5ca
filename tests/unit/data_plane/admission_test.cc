#include "data_plane/admission.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace greeter::data_plane {
namespace {

using Verdict = Admission::Verdict;

class AdmissionTest : public ::testing::Test {
 protected:
  Verdict Ask() { return admission_.Ask(limits_, now_).verdict; }

  Admission admission_;
  Limits limits_;
  std::chrono::steady_clock::time_point now_{std::chrono::seconds(1000)};
};

TEST_F(AdmissionTest, GreetsAllWithoutLimits) {
  const Admission::Ticket ticket = admission_.Ask(limits_, now_);
  EXPECT_EQ(ticket.verdict, Verdict::kGreet);
  EXPECT_FALSE(ticket.has_place);
}

TEST_F(AdmissionTest, WaitsOrRejectsWhenThePlacesAreTaken) {
  limits_.max_connections = 1;
  EXPECT_TRUE(admission_.Ask(limits_, now_).has_place);
  EXPECT_EQ(Ask(), Verdict::kWait);
  limits_.overflow = Overflow::kReject;
  EXPECT_EQ(Ask(), Verdict::kReject);
  admission_.LeavePlace();
  EXPECT_EQ(Ask(), Verdict::kGreet);
}

TEST_F(AdmissionTest, WhoIsTooFastTakesNoPlace) {
  limits_.max_connections = 2;
  limits_.accept_rate = 1;
  limits_.accept_burst = 1;
  EXPECT_EQ(Ask(), Verdict::kGreet);
  EXPECT_EQ(Ask(), Verdict::kWait);
  now_ += std::chrono::seconds(1);
  EXPECT_EQ(Ask(), Verdict::kGreet);
}

TEST_F(AdmissionTest, SaysWhenToAskAgain) {
  limits_.max_connections = 2;
  limits_.accept_rate = 10;
  limits_.accept_burst = 1;
  EXPECT_EQ(Ask(), Verdict::kGreet);
  now_ += std::chrono::milliseconds(40);
  const Admission::Ticket ticket = admission_.Ask(limits_, now_);
  EXPECT_EQ(ticket.verdict, Verdict::kWait);
  EXPECT_EQ(ticket.wait, std::chrono::milliseconds(60));
  now_ += ticket.wait;
  EXPECT_EQ(Ask(), Verdict::kGreet);
  // Nobody knows when a place will be left.
  EXPECT_EQ(admission_.Ask(limits_, now_).wait, std::chrono::nanoseconds::max());
}

TEST_F(AdmissionTest, WhatIsReturnedCanBeTakenAgain) {
  limits_.max_connections = 1;
  limits_.accept_rate = 1;
  limits_.accept_burst = 1;
  admission_.Return(admission_.Ask(limits_, now_), limits_);
  EXPECT_EQ(Ask(), Verdict::kGreet);
  EXPECT_EQ(Ask(), Verdict::kWait);
}

TEST_F(AdmissionTest, NeverExceedsThePlacesNorRefusesAFreeOne) {
  constexpr uint32_t kPlaces = 2;
  limits_.max_connections = kPlaces;
  std::atomic<uint32_t> taken = 0;
  std::atomic<bool> exceeded = false;
  std::vector<std::thread> takers;
  for (int i = 0; i < 4; ++i) {
    takers.emplace_back([&] {
      for (int turn = 0; turn < 20000; ++turn) {
        if (Ask() != Verdict::kGreet) continue;
        if (++taken > kPlaces) exceeded = true;
        --taken;
        admission_.LeavePlace();
      }
    });
  }
  for (std::thread& taker : takers) taker.join();
  EXPECT_FALSE(exceeded);
  EXPECT_EQ(Ask(), Verdict::kGreet);
  EXPECT_EQ(Ask(), Verdict::kGreet);
  EXPECT_EQ(Ask(), Verdict::kWait);
}

}  // namespace
}  // namespace greeter::data_plane
