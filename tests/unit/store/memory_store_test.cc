#include "store/memory_store.h"

#include <gtest/gtest.h>

namespace greeter::store {
namespace {

control::Record RecordOf(uint64_t number) {
  control::Record record;
  record.revision.set_number(number);
  record.config.add_listeners()->set_name("l" + std::to_string(number));
  return record;
}

TEST(MemoryStoreTest, IsEmptyAtFirst) {
  MemoryStore store;
  const auto latest = store.Latest();
  ASSERT_TRUE(latest.ok());
  EXPECT_FALSE(latest->has_value());
  EXPECT_EQ(store.Get(1).status().code(), absl::StatusCode::kNotFound);
}

TEST(MemoryStoreTest, KeepsRecordsByNumber) {
  MemoryStore store;
  for (uint64_t i = 1; i <= 3; ++i) ASSERT_TRUE(store.Append(RecordOf(i)).ok());
  EXPECT_EQ(store.Latest().value()->revision.number(), 3U);
  EXPECT_EQ(store.Get(2)->config.listeners(0).name(), "l2");
  EXPECT_EQ(store.Get(0).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store.Get(4).status().code(), absl::StatusCode::kNotFound);
}

TEST(MemoryStoreTest, KeepsTheNewest) {
  MemoryStore store(2);
  for (uint64_t i = 1; i <= 5; ++i) ASSERT_TRUE(store.Append(RecordOf(i)).ok());
  EXPECT_EQ(store.Get(3).status().message(), "no revision 3; those kept are 4 to 5");
  EXPECT_TRUE(store.Get(4).ok());
}

TEST(MemoryStoreTest, KeepsNoMoreBytesThanToldButTheNewest) {
  MemoryStore store(1000, 50'000);
  for (uint64_t i = 1; i <= 10; ++i) {
    control::Record record = RecordOf(i);
    record.config.mutable_listeners(0)->mutable_greeting()->set_text(std::string(10'000, 'x'));
    ASSERT_TRUE(store.Append(record).ok());
  }
  EXPECT_EQ(store.Get(6).status().message(), "no revision 6; those kept are 7 to 10");
  control::Record large = RecordOf(11);
  large.config.mutable_listeners(0)->mutable_greeting()->set_text(std::string(60'000, 'x'));
  ASSERT_TRUE(store.Append(large).ok());
  EXPECT_EQ(store.Get(10).status().message(), "no revision 10; those kept are 11 to 11");
}

TEST(MemoryStoreTest, ListsNewestFirstByPages) {
  MemoryStore store(4);
  for (uint64_t i = 1; i <= 5; ++i) ASSERT_TRUE(store.Append(RecordOf(i)).ok());
  const auto numbers = [&store](uint64_t before, size_t limit) {
    std::vector<uint64_t> listed;
    const auto page = store.List(before, limit);
    for (const api::Revision& revision : *page) listed.push_back(revision.number());
    return listed;
  };
  EXPECT_EQ(numbers(UINT64_MAX, 3), (std::vector<uint64_t>{5, 4, 3}));
  EXPECT_EQ(numbers(3, 3), (std::vector<uint64_t>{2}));
  EXPECT_EQ(numbers(2, 3), (std::vector<uint64_t>{}));
  EXPECT_EQ(numbers(UINT64_MAX, 0), (std::vector<uint64_t>{}));
}

TEST(MemoryStoreTest, RefusesANumberOutOfTurn) {
  MemoryStore store;
  EXPECT_FALSE(store.Append(RecordOf(2)).ok());
  ASSERT_TRUE(store.Append(RecordOf(1)).ok());
  EXPECT_FALSE(store.Append(RecordOf(1)).ok());
  EXPECT_FALSE(store.Append(RecordOf(3)).ok());
  EXPECT_EQ(store.Latest().value()->revision.number(), 1U);
}

}  // namespace
}  // namespace greeter::store
