// Which of two sights of etcd is the later one.

#include "fleet/head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "fleet/stored_record.h"

namespace greeter::fleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kCluster = 7;

class HeadTest : public ::testing::Test {
 protected:
  static control::Record RecordOf(uint64_t number, const std::string& id) {
    control::Record record;
    record.revision.set_number(number);
    record.write_id = id;
    return record;
  }
  // The key with that record, as of etcd's `revision`.
  Head::News See(int64_t revision, uint64_t number, const std::string& id,
                 uint64_t cluster = kCluster) {
    return head_.See({cluster, revision, Encode(RecordOf(number, id))}, now_);
  }
  Head::News SeeNothing(int64_t revision) { return head_.See({kCluster, revision, {}}, now_); }
  std::string Newest() const {
    const Head::Known known = head_.known();
    return known.record.has_value() ? known.record->write_id : "none";
  }

  Head head_{"/greeter/web/config"};
  absl::Time now_ = absl::UnixEpoch();
};

TEST_F(HeadTest, KnowsNothingUntilItHasSeen) {
  EXPECT_EQ(Newest(), "none");
  EXPECT_TRUE(absl::IsUnavailable(head_.known().contact));
  EXPECT_TRUE(SeeNothing(5).changed) << "etcd is heard";
  EXPECT_EQ(Newest(), "none");
  EXPECT_TRUE(See(6, 1, "a").changed);
  EXPECT_EQ(Newest(), "a");
  EXPECT_EQ(head_.known().mod_revision, 6);
}

TEST_F(HeadTest, TakesWhatIsLaterAndNothingTwice) {
  See(6, 1, "a");
  EXPECT_TRUE(See(9, 2, "b").changed);
  EXPECT_FALSE(See(9, 2, "b").changed);
  EXPECT_EQ(Newest(), "b");
}

TEST_F(HeadTest, IgnoresWhatIsOlder) {
  See(9, 2, "b");
  const Head::News news = See(6, 1, "a");
  EXPECT_FALSE(news.changed);
  EXPECT_THAT(news.warning, HasSubstr("ignored"));
  EXPECT_EQ(Newest(), "b");
  EXPECT_TRUE(head_.in_doubt());
  EXPECT_THAT(See(6, 1, "a").warning, IsEmpty()) << "said once";
  See(9, 2, "b");
  EXPECT_FALSE(head_.in_doubt());
}

TEST_F(HeadTest, BelievesWhatIsOlderIfItStays) {
  See(9, 2, "b");
  See(6, 1, "a");
  now_ += Head::kDoubt;
  const Head::News news = See(6, 1, "a");
  EXPECT_TRUE(news.changed);
  EXPECT_THAT(news.warning, AllOf(HasSubstr("backup"), HasSubstr("revision 1, after revision 2")));
  EXPECT_EQ(Newest(), "a");
  EXPECT_EQ(head_.known().mod_revision, 6);
}

TEST_F(HeadTest, DoubtBeginsAnewAfterSomethingLater) {
  See(9, 2, "b");
  See(6, 1, "a");
  See(10, 3, "c");
  now_ += Head::kDoubt;
  EXPECT_FALSE(See(6, 1, "a").changed);
  EXPECT_EQ(Newest(), "c");
}

TEST_F(HeadTest, AdoptsWhatAnotherClusterHasAtOnceAndSaysSo) {
  See(9, 2, "b");
  const Head::News news = See(6, 1, "a", kCluster + 1);
  EXPECT_TRUE(news.changed);
  EXPECT_THAT(news.warning, AllOf(HasSubstr("cluster ID"), HasSubstr("backup")));
  EXPECT_EQ(Newest(), "a");
}

TEST_F(HeadTest, CountsHistories) {
  See(9, 4, "a");
  See(10, 5, "b");
  EXPECT_EQ(head_.known().histories, 1U);
  See(3, 1, "another cluster's", kCluster + 1);
  EXPECT_EQ(head_.known().histories, 2U);
  See(2, 1, "older", kCluster + 1);
  EXPECT_EQ(head_.known().histories, 2U) << "in doubt";
  now_ += Head::kDoubt;
  See(2, 1, "older", kCluster + 1);
  EXPECT_EQ(head_.known().histories, 3U);
}

TEST_F(HeadTest, GarbageTakesNothingAway) {
  See(9, 2, "b");
  const Head::News news = head_.See({kCluster, 10, "garbage"}, now_);
  EXPECT_TRUE(news.changed);
  EXPECT_THAT(news.warning, AllOf(HasSubstr("/greeter/web/config"), HasSubstr("etcdctl del")));
  EXPECT_EQ(Newest(), "b");
  EXPECT_TRUE(absl::IsDataLoss(head_.known().state));
  EXPECT_TRUE(See(11, 2, "b").changed) << "mended";
  EXPECT_TRUE(head_.known().state.ok());
}

TEST_F(HeadTest, AKeyThatIsGoneTakesNothingAway) {
  See(9, 2, "b");
  EXPECT_THAT(SeeNothing(12).warning, HasSubstr("is gone"));
  EXPECT_EQ(Newest(), "b");
  EXPECT_EQ(head_.known().mod_revision, 0) << "what the next write compares with";
}

TEST_F(HeadTest, OurOwnWriteIsKnownAtOnceButNeverOverALaterOne) {
  See(9, 2, "b");
  head_.Wrote(RecordOf(3, "c"), kCluster, 10);
  EXPECT_EQ(Newest(), "c");
  EXPECT_FALSE(See(10, 3, "c").changed);
  See(12, 5, "e");
  head_.Wrote(RecordOf(4, "d"), kCluster, 11);
  EXPECT_EQ(Newest(), "e");
}

TEST_F(HeadTest, ASightTellsThatEtcdIsHeardAndWhatItHasAtOneMoment) {
  const absl::Status gone = absl::UnavailableError("gone");
  EXPECT_TRUE(head_.Lose(gone));
  EXPECT_FALSE(head_.Lose(gone)) << "no news";
  EXPECT_EQ(head_.known().contact, gone);
  EXPECT_TRUE(See(9, 2, "b").heard);
  EXPECT_TRUE(head_.known().contact.ok());
  EXPECT_FALSE(See(9, 2, "b").heard);
  head_.Lose(gone);
  EXPECT_TRUE(See(9, 2, "b").changed) << "that it is heard again";
}

TEST(StoredRecordTest, GivesBackWhatWasEncoded) {
  control::Record record;
  record.revision.set_number(3);
  record.revision.set_comment("why");
  record.config.add_listeners()->mutable_greeting()->set_raw("\xFF\x00");
  record.file = control::AppliedFile{"hash", 2};
  record.write_id = "id";
  const auto decoded = Decode("key", Encode(record));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->revision.SerializeAsString(), record.revision.SerializeAsString());
  EXPECT_EQ(decoded->config.SerializeAsString(), record.config.SerializeAsString());
  EXPECT_EQ(decoded->file->hash, "hash");
  EXPECT_EQ(decoded->file->revision, 2U);
  EXPECT_EQ(decoded->write_id, "id");
}

TEST(StoredRecordTest, KeepsFieldsOfANewerVersion) {
  control::Record record;
  record.revision.set_number(3);
  record.write_id = "id";
  record.config.GetReflection()->MutableUnknownFields(&record.config)->AddVarint(1000, 42);
  const auto decoded = Decode("key", Encode(record));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->config.SerializeAsString(), record.config.SerializeAsString());
}

TEST(StoredRecordTest, RefusesWhatIsNotOurs) {
  for (const std::string& bytes :
       {std::string(), std::string("garbage"), std::string("\x08\x01")}) {
    EXPECT_TRUE(absl::IsDataLoss(Decode("key", bytes).status())) << bytes;
  }
}

}  // namespace
}  // namespace greeter::fleet
