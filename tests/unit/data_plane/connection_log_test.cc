// Records of connections: each exactly once, whatever becomes of it.

#include "data_plane/connection_log.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "change_fixture.h"

namespace greeter::data_plane {
namespace {

using testing::Clients;
using testing::HowEnded;
using testing::TcpClient;

constexpr size_t kWorkers = 2;

class ConnectionLogTest : public ChangeTest {
 protected:
  void StartRecording(uint64_t sample, size_t capacity = ConnectionLog::kCapacity) {
    log_.emplace(kWorkers, sample, capacity);
    NewEngine({.workers = kWorkers, .log = &*log_});
  }
  ~ConnectionLogTest() override { EndEngine(); }

  // Takes out what is there.
  void Take() {
    log_->Take(SIZE_MAX, [this](const ConnectionRecord& record) { records_.push_back(record); });
  }
  uint64_t CountOf(Outcome outcome) const {
    return static_cast<uint64_t>(
        std::count_if(records_.begin(), records_.end(),
                      [outcome](const ConnectionRecord& one) { return one.outcome == outcome; }));
  }

  std::optional<ConnectionLog> log_;
  std::vector<ConnectionRecord> records_;
};

// While somebody reads, and while others connect: the sum equals the counts.
TEST_F(ConnectionLogTest, EveryConnectionIsRecordedOnceUnderLoad) {
  StartRecording(1);
  Apply({Listener("tcp", At(":0")), Listener("file", At(UnixPath("s")))});
  probe::Options options = LoadOn({Reach(0), Reach(1)});
  options.connections = 10'000;
  std::atomic<bool> over = false;
  std::thread reader([&] {
    while (!over) Take();
  });
  Clients load(options);
  ExpectNobodyHarmed(load);
  EXPECT_TRUE(WaitUntilIdle(0) && WaitUntilIdle(1));
  over = true;
  reader.join();
  Take();
  EXPECT_EQ(log_->dropped(), 0U);
  EXPECT_EQ(records_.size(), 10'000U);
  EXPECT_EQ(CountOf(Outcome::kCompleted), Counts(0).completed + Counts(1).completed);
  uint64_t bytes = 0;
  uint64_t by_tcp = 0;
  for (const ConnectionRecord& record : records_) {
    bytes += record.bytes;
    EXPECT_EQ(record.sent, std::chrono::nanoseconds::zero());
    EXPECT_GE(record.lifetime, record.sent);
    const bool tcp = record.listener.data() == std::string("tcp");
    by_tcp += tcp ? 1 : 0;
    EXPECT_EQ(record.remote.sin6_family, tcp ? AF_INET6 : AF_UNIX);
  }
  EXPECT_EQ(bytes, 11U * 10'000);
  EXPECT_EQ(by_tcp, Counts(0).accepted);
}

TEST_F(ConnectionLogTest, SamplesOneOfN) {
  StartRecording(10);
  Serve({kHello});
  probe::Options options = LoadOn({Reach()});
  options.connections = 1'000;
  Clients load(options);
  ExpectNobodyHarmed(load);
  EXPECT_TRUE(WaitUntilIdle());
  Take();
  // Each worker begins with its first.
  EXPECT_GE(records_.size(), 100U);
  EXPECT_LE(records_.size(), 100U + kWorkers);
}

TEST_F(ConnectionLogTest, WhatFindsNoRoomIsCounted) {
  StartRecording(1, 16);
  Serve({kHello});
  probe::Options options = LoadOn({Reach()});
  options.connections = 200;
  Clients load(options);
  ExpectNobodyHarmed(load);
  EXPECT_TRUE(WaitUntilIdle());
  Take();
  EXPECT_LE(records_.size(), 16U * kWorkers);
  EXPECT_EQ(records_.size() + log_->dropped(), 200U);
}

TEST_F(ConnectionLogTest, TellsWhatBecameOfEach) {
  StartRecording(1);
  Limits limits;
  limits.max_connections = 1;
  limits.overflow = Overflow::kReject;
  Serve({"${connection}", Ending::kNone, true}, limits);
  TcpClient first(Reach());
  ASSERT_TRUE(first.Read(1));
  TcpClient rejected(Reach());
  EXPECT_EQ(rejected.ReadToEnd(), HowEnded::kClean);
  first.Reset();
  EXPECT_TRUE(WaitUntilIdle());
  Take();
  ASSERT_EQ(records_.size(), 2U);
  // They come worker by worker.
  const bool in_order = records_[0].outcome == Outcome::kRejected;
  const ConnectionRecord& turned_away = records_[in_order ? 0 : 1];
  EXPECT_EQ(turned_away.outcome, Outcome::kRejected);
  EXPECT_EQ(turned_away.bytes, 0U);
  EXPECT_EQ(turned_away.sent, ConnectionRecord::kNever);
  EXPECT_EQ(turned_away.number, 0U);
  const ConnectionRecord& greeted = records_[in_order ? 1 : 0];
  EXPECT_EQ(greeted.outcome, Outcome::kReset);
  EXPECT_EQ(greeted.bytes, 1U);
  EXPECT_EQ(greeted.number, 1U);
  EXPECT_EQ(greeted.remote.sin6_family, AF_INET);
  EXPECT_EQ(greeted.local.ss_family, AF_INET);
}

TEST_F(ConnectionLogTest, RecordsThoseThatAreCut) {
  StartRecording(1);
  Limits limits;
  limits.write_timeout = std::chrono::milliseconds(50);
  // More than the kernel takes for a client that does not read.
  Serve({std::string(kMaxGreetingBytes, 'x')}, limits);
  TcpClient stuck(Reach(), {.receive_buffer = 2048, .max_segment = 536});
  ASSERT_TRUE(testing::WaitFor([&] { return Counts().timed_out == 1; }));
  Take();
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].outcome, Outcome::kTimedOut);
  EXPECT_EQ(records_[0].sent, ConnectionRecord::kNever);
  EXPECT_EQ(records_[0].bytes, Counts().bytes_sent);
  EXPECT_GE(records_[0].lifetime, limits.write_timeout);
}

}  // namespace
}  // namespace greeter::data_plane
