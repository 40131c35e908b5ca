#include "data_plane/counts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace greeter::data_plane {
namespace {

// Promise 9: balanced at every reading, whenever it is taken.
TEST(CountsTest, EveryReadingIsBalanced) {
  constexpr size_t kWorkers = 2;
  constexpr uint64_t kConnections = 100000;
  ListenerCounts counts(kWorkers);
  std::vector<std::thread> workers;
  for (size_t number = 0; number < kWorkers; ++number) {
    workers.emplace_back([&counts, number] {
      WorkerCounts& mine = counts.worker(number);
      for (uint64_t i = 0; i < kConnections; ++i) {
        mine.accepted.Add(1);
        mine.Ended(static_cast<Outcome>(i % 4));
      }
    });
  }
  CountsReading reading;
  do {
    reading = counts.Read();
    ASSERT_LE(reading.open, reading.accepted);
    ASSERT_EQ(reading.accepted, reading.open + reading.completed + reading.timed_out +
                                    reading.reset + reading.rejected);
  } while (reading.completed + reading.timed_out + reading.reset + reading.rejected <
           kWorkers * kConnections);
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(counts.Read().open, 0u);
  EXPECT_EQ(counts.Read().rejected, kWorkers * kConnections / 4);
}

TEST(CountsTest, TimesAreSummedOverWorkers) {
  ListenerCounts counts(2);
  counts.worker(0).lifetime.Record(std::chrono::milliseconds(1));
  counts.worker(1).lifetime.Record(std::chrono::milliseconds(2));
  counts.worker(1).accept_to_sent.Record(std::chrono::minutes(2));
  const TimesReading times = counts.ReadTimes();
  EXPECT_EQ(times.lifetime.counts[0], 1u);
  EXPECT_EQ(times.lifetime.counts[1], 1u);
  EXPECT_DOUBLE_EQ(times.lifetime.sum.count(), 0.003);
  EXPECT_EQ(times.accept_to_sent.counts.back(), 1u);
}

// A hundred thousand connections held for a week are two millennia.
TEST(CountsTest, TheSumOfTimesHasRoomForYears) {
  constexpr int kMillennia = 2;
  constexpr std::chrono::hours kYear(24 * 365);
  ListenerCounts counts(2);
  for (int i = 0; i < 1000 * kMillennia; ++i) counts.worker(0).lifetime.Record(kYear);
  counts.worker(1).lifetime.Record(kYear);
  const std::chrono::duration<double> expected = kYear * (1000.0 * kMillennia + 1);
  EXPECT_DOUBLE_EQ(counts.ReadTimes().lifetime.sum.count(), expected.count());
}

}  // namespace
}  // namespace greeter::data_plane
