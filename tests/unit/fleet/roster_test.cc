// Replicas as lists and events tell of them, in whatever order these come.

#include "fleet/roster.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace greeter::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kPrefix[] = "/greeter/web/replicas/";
const absl::Time kNow = absl::FromUnixSeconds(1'000'000);

class RosterTest : public ::testing::Test {
 protected:
  static mvccpb::KeyValue Record(const std::string& id, int64_t mod_revision,
                                 absl::Time written = kNow) {
    api::Replica replica;
    replica.set_id(id);
    replica.mutable_last_heard()->set_seconds(absl::ToUnixSeconds(written));
    mvccpb::KeyValue kv;
    kv.set_key(absl::StrCat(kPrefix, id));
    kv.set_value(replica.SerializeAsString());
    kv.set_mod_revision(mod_revision);
    return kv;
  }

  void List(int64_t revision, const std::vector<mvccpb::KeyValue>& kvs, uint64_t cluster = 1,
            absl::Time now = kNow) {
    ListAskedAt(roster_.newest(), revision, kvs, cluster, now);
  }
  void ListAskedAt(int64_t before, int64_t revision, const std::vector<mvccpb::KeyValue>& kvs,
                   uint64_t cluster = 1, absl::Time now = kNow) {
    etcdserverpb::RangeResponse response;
    response.mutable_header()->set_cluster_id(cluster);
    response.mutable_header()->set_revision(revision);
    for (const mvccpb::KeyValue& kv : kvs) *response.add_kvs() = kv;
    roster_.List(response, before, now);
  }
  void Hear(const mvccpb::KeyValue& kv, absl::Time now = kNow) {
    mvccpb::Event event;
    *event.mutable_kv() = kv;
    roster_.Hear(event, now);
  }
  void HearOfEnd(const std::string& id, int64_t revision) {
    mvccpb::Event event;
    event.set_type(mvccpb::Event::DELETE);
    event.mutable_kv()->set_key(absl::StrCat(kPrefix, id));
    event.mutable_kv()->set_mod_revision(revision);
    roster_.Hear(event, kNow);
  }

  std::vector<api::Replica> Replicas() const {
    std::vector<api::Replica> replicas;
    roster_.Visit([&](const api::Replica& replica) {
      replicas.push_back(replica);
      return true;
    });
    return replicas;
  }
  std::vector<std::string> Ids() const {
    std::vector<std::string> ids;
    for (const api::Replica& replica : Replicas()) ids.push_back(replica.id());
    return ids;
  }
  int64_t HeardAt(size_t index) const { return Replicas()[index].last_heard().seconds(); }

  Roster roster_{kPrefix};
};

TEST_F(RosterTest, KnowsWhoIsListedAndWhoComesAndGoes) {
  EXPECT_THAT(Ids(), IsEmpty());
  List(10, {Record("b", 3), Record("a", 4)});
  EXPECT_THAT(Ids(), ElementsAre("a", "b"));
  Hear(Record("c", 11));
  HearOfEnd("a", 12);
  EXPECT_THAT(Ids(), ElementsAre("b", "c"));
}

TEST_F(RosterTest, AListLeavesOutWhoHasLeft) {
  List(10, {Record("a", 3), Record("b", 4)});
  List(11, {Record("b", 4)});
  EXPECT_THAT(Ids(), ElementsAre("b"));
}

TEST_F(RosterTest, WhatComesLateChangesNothing) {
  List(10, {Record("a", 3), Record("b", 9)});
  // The list has it.
  HearOfEnd("b", 8);
  EXPECT_THAT(Ids(), ElementsAre("a", "b"));
  // The event has it.
  const int64_t before = roster_.newest();
  HearOfEnd("b", 12);
  ListAskedAt(before, 11, {Record("a", 3), Record("b", 9)});
  EXPECT_THAT(Ids(), ElementsAre("a"));
}

// One that is asked for later can't be older, unless etcd is.
TEST_F(RosterTest, ARestoredBackupIsTaken) {
  List(10, {Record("a", 3), Record("b", 9)});
  List(5, {Record("a", 3)});
  EXPECT_THAT(Ids(), ElementsAre("a"));
  Hear(Record("c", 6));
  EXPECT_THAT(Ids(), ElementsAre("a", "c"));
}

TEST_F(RosterTest, AnotherClusterCountsAnew) {
  List(10, {Record("a", 3)});
  List(2, {Record("b", 2)}, /*cluster=*/2);
  EXPECT_THAT(Ids(), ElementsAre("b"));
  Hear(Record("c", 3));
  EXPECT_THAT(Ids(), ElementsAre("b", "c"));
}

TEST_F(RosterTest, WhatIsNoRecordIsNobody) {
  mvccpb::KeyValue garbage = Record("a", 3);
  garbage.set_value("\xff\xff\xff");
  mvccpb::KeyValue borrowed = Record("b", 4);
  borrowed.set_key(absl::StrCat(kPrefix, "c"));
  List(10, {garbage, borrowed, Record("d", 5)});
  EXPECT_THAT(Ids(), ElementsAre("d"));
  garbage.set_key(absl::StrCat(kPrefix, "d"));
  garbage.set_mod_revision(11);
  Hear(garbage);
  EXPECT_THAT(Ids(), IsEmpty());
}

TEST_F(RosterTest, WasHeardWhenAnEventCame) {
  Hear(Record("a", 3, kNow - absl::Hours(1)), kNow);
  EXPECT_EQ(HeardAt(0), absl::ToUnixSeconds(kNow));
  // The same record, listed later, was heard no later.
  List(10, {Record("a", 3)}, 0, kNow + absl::Seconds(9));
  EXPECT_EQ(HeardAt(0), absl::ToUnixSeconds(kNow));
}

// Clocks differ; but who is listed has a lease.
TEST_F(RosterTest, WhoIsListedWasHeardWithinItsLease) {
  List(10, {Record("a", 3, kNow - absl::Hours(1)), Record("b", 4, kNow + absl::Hours(1)),
            Record("c", 5, kNow - absl::Seconds(3))});
  EXPECT_EQ(HeardAt(0), absl::ToUnixSeconds(kNow - kLease));
  EXPECT_EQ(HeardAt(1), absl::ToUnixSeconds(kNow));
  EXPECT_EQ(HeardAt(2), absl::ToUnixSeconds(kNow - absl::Seconds(3)));
}

}  // namespace
}  // namespace greeter::fleet
