// What replicas say, put together: the list, and how far they are with a revision.

#include "control/fleet.h"

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "support/fake_fleet.h"

namespace greeter::control {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class FleetTest : public ::testing::Test {
 protected:
  FleetProgress Progress(uint64_t number) {
    api::Revision revision;
    revision.set_number(number);
    return ProgressOf(fleet_.view(), revision, absl::Now());
  }

  greeter::testing::FakeFleet fleet_;
};

TEST_F(FleetTest, IsCompleteOnceEveryReplicaHasTheRevisionOrALaterOne) {
  fleet_.Applied("web-1", 7);
  fleet_.Applied("web-2", 6);
  EXPECT_THAT(Progress(7).pending, ElementsAre("web-2: has applied only revision 6"));
  EXPECT_EQ(Verdict(Progress(7), 7).code(), absl::StatusCode::kDeadlineExceeded);
  fleet_.Applied("web-2", 8);
  EXPECT_TRUE(Progress(7).complete());
  EXPECT_TRUE(Verdict(Progress(7), 7).ok());
}

TEST_F(FleetTest, TellsWhoRefusedWhoIsImpairedAndWhoIsSilent) {
  fleet_.Refused("web-1", 7, "listener \"a\": address in use");
  fleet_.Applied("web-2", 7, "listener \"b\": address in use");
  fleet_.Applied("web-3", 6, "", absl::Seconds(12));
  const FleetProgress progress = Progress(7);
  EXPECT_THAT(progress.refused, ElementsAre("web-1: listener \"a\": address in use"));
  EXPECT_THAT(progress.impaired,
              ElementsAre("web-2: has applied it, but listener \"b\": address in use"));
  EXPECT_THAT(progress.pending, ElementsAre("web-3: has said nothing for 12 s"));
  const absl::Status verdict = Verdict(progress, 7);
  EXPECT_EQ(verdict.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(
      std::string(verdict.message()),
      AllOf(HasSubstr("revision 7 was applied here, but not all of it on 3 replicas: web-1: "),
            HasSubstr("web-2: "), HasSubstr("web-3: ")));
}

// What it could not apply before says nothing of this revision.
TEST_F(FleetTest, AnOldRefusalIsNone) {
  fleet_.Refused("web-1", 6, "address in use");
  EXPECT_THAT(Progress(7).refused, ElementsAre());
  EXPECT_THAT(Progress(7).pending, ElementsAre("web-1: has applied only revision 5"));
  // One that could not apply a later revision has not applied this one either.
  fleet_.Refused("web-1", 9, "address in use");
  EXPECT_TRUE(Progress(7).complete() == false && Progress(9).refused.size() == 1);
}

// Etcd was restored from a backup, which a replica has yet to notice.
TEST_F(FleetTest, ARevisionOfAnotherHistoryIsNone) {
  api::Revision revision;
  revision.set_number(7);
  revision.mutable_time()->set_seconds(100);
  // Of a replica that has applied one revision and failed with another, by number and time.
  const auto standing = [&](uint64_t applied, int64_t applied_time, uint64_t failed = 0,
                            int64_t failed_time = 0) {
    api::Replica replica;
    replica.set_applied_revision(applied);
    replica.mutable_applied_time()->set_seconds(applied_time);
    replica.set_failed_revision(failed);
    replica.mutable_failed_time()->set_seconds(failed_time);
    return StandingOf(replica, revision);
  };
  EXPECT_EQ(standing(7, 100), Standing::kApplied);
  EXPECT_EQ(standing(8, 100), Standing::kApplied);
  EXPECT_EQ(standing(8, 101), Standing::kApplied);
  for (const int64_t time : {99, 101}) EXPECT_EQ(standing(7, time), Standing::kPending);
  EXPECT_EQ(standing(8, 99), Standing::kPending);
  EXPECT_EQ(standing(6, 100), Standing::kPending);
  EXPECT_EQ(standing(8, 99, 7, 100), Standing::kRefused);
  EXPECT_EQ(standing(8, 99, 9, 101), Standing::kRefused);
  EXPECT_EQ(standing(8, 99, 9, 99), Standing::kPending);

  FleetView view = {"web", std::vector<api::Replica>(1)};
  view.replicas[0].set_id("web-1");
  view.replicas[0].set_applied_revision(8);
  view.replicas[0].mutable_applied_time()->set_seconds(99);
  view.replicas[0].mutable_last_heard()->set_seconds(absl::ToUnixSeconds(absl::Now()));
  EXPECT_THAT(ProgressOf(view, revision, absl::Now()).pending,
              ElementsAre("web-1: has applied revision 8 of another history"));
}

TEST_F(FleetTest, NamesSomeOfMany) {
  for (int i = 10; i < 30; ++i) fleet_.Applied("web-" + std::to_string(i), 6);
  EXPECT_THAT(std::string(Verdict(Progress(7), 7).message()),
              AllOf(HasSubstr("20 replicas"), HasSubstr("web-17"), Not(HasSubstr("web-18")),
                    HasSubstr("and 12 more")));
}

TEST_F(FleetTest, ListsWithSumsAndSilence) {
  fleet_.Refused("web-1", 7, "address in use");
  fleet_.Applied("web-2", 6, "", absl::Seconds(12));
  FleetView view = fleet_.view();
  view.replicas[0].mutable_counts()->set_accepted(3);
  view.replicas[1].mutable_counts()->set_accepted(4);
  const api::ListReplicasResponse list = ListReplicas(view, absl::Now());
  EXPECT_EQ(list.fleet(), "web");
  EXPECT_EQ(list.revision(), 7U);
  EXPECT_EQ(list.total().accepted(), 7U);
  ASSERT_EQ(list.replicas_size(), 2);
  EXPECT_EQ(list.replicas(0).state(), api::Replica::STATE_FAILED);
  EXPECT_EQ(list.replicas(1).state(), api::Replica::STATE_SILENT);
}

TEST_F(FleetTest, DescribesAReplicaByItsStatus) {
  api::ServerStatus status;
  status.set_server_id("web-1-5f0c93a7");
  status.set_version("1.2");
  status.mutable_revision()->set_number(7);
  status.mutable_revision()->mutable_time()->set_seconds(3);
  api::ListenerStatus& good = *status.add_listeners();
  good.set_name("a");
  good.set_state(api::ListenerStatus::STATE_LISTENING);
  good.set_bound_address("127.0.0.1:9190");
  good.mutable_counts()->set_accepted(3);
  api::Replica replica = DescribeReplica(status, "unix:/a", absl::FromUnixSeconds(5));
  EXPECT_EQ(replica.id(), "web-1-5f0c93a7");
  EXPECT_EQ(replica.admin_address(), "unix:/a");
  EXPECT_THAT(replica.data_addresses(), ElementsAre("127.0.0.1:9190"));
  EXPECT_EQ(replica.state(), api::Replica::STATE_SERVING);
  EXPECT_EQ(replica.applied_revision(), 7U);
  EXPECT_EQ(replica.applied_time().seconds(), 3);
  EXPECT_EQ(replica.last_heard().seconds(), 5);

  api::ListenerStatus& bad = *status.add_listeners();
  bad.set_name("b");
  bad.set_state(api::ListenerStatus::STATE_FAILED);
  bad.set_error("address in use");
  bad.mutable_counts()->set_accepted(4);
  replica = DescribeReplica(status, "unix:/a", absl::Now());
  EXPECT_EQ(replica.state(), api::Replica::STATE_FAILED);
  EXPECT_EQ(replica.error(), "listener \"b\": address in use");
  EXPECT_EQ(replica.counts().accepted(), 7U);

  status.mutable_fleet()->set_failed_revision(8);
  status.mutable_fleet()->mutable_failed_time()->set_seconds(4);
  status.mutable_fleet()->set_error("privileges are missing");
  replica = DescribeReplica(status, "unix:/a", absl::Now());
  EXPECT_EQ(replica.failed_revision(), 8U);
  EXPECT_EQ(replica.failed_time().seconds(), 4);
  EXPECT_EQ(replica.error(), "listener \"b\": address in use; revision 8: privileges are missing");
}

}  // namespace
}  // namespace greeter::control
