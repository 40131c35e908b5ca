// What may happen to a fleet, while it is changed at each of its replicas and greets clients all
// the time: nothing that was answered is lost or done twice, nobody is greeted with what nobody
// set, no replica goes back, and all agree soon after.
//
// One round of each is among the tests; tests/fleet/run has thirty.

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fleet/faults_fixture.h"
#include "gmock/gmock.h"

namespace greeter::testing {
namespace {

constexpr int kManyRounds = 30;
// Changes, answered OK, that a fault has to go on for.
constexpr uint64_t kSome = 50;
// The harm itself: for so long there is none.
constexpr absl::Duration kWithoutMajority = absl::Seconds(20);

}  // namespace

void FaultsTest::KillTheLeader() {
  const auto leader = std::find_if(etcd_.begin(), etcd_.end(),
                                   [](const auto& member) { return member->IsLeader(); });
  ASSERT_NE(leader, etcd_.end());
  (*leader)->Kill();
  // Those who remain elect another.
  AwaitChanges(kSome);
  (*leader)->Start();
}

void FaultsTest::LoseTheMajority() {
  etcd_[0]->Kill();
  etcd_[1]->Kill();
  absl::SleepFor(kWithoutMajority);
  etcd_[0]->Start();
  etcd_[1]->Start();
}

void FaultsTest::KillAReplica() {
  victim_ = (victim_ + 1) % kReplicas;
  replicas_[victim_]->Fail();
  greeters_[victim_]->Stop(SIGKILL);
  AwaitChanges(kSome);
  StartReplica(victim_);
}

void FaultsTest::PauseAReplica() {
  // Who was paused before is known again.
  EXPECT_TRUE(WaitUntil([&] { return LiveReplicas() == kReplicas; }));
  victim_ = (victim_ + 1) % kReplicas;
  uint64_t since = 0;
  const std::string address = replicas_[victim_]->address(&since);
  replicas_[victim_]->Fail();
  greeters_[victim_]->Signal(SIGSTOP);
  // Until its lease has run out, and its record with it.
  EXPECT_TRUE(WaitUntil([&] { return LiveReplicas() == kReplicas - 1; }));
  greeters_[victim_]->Signal(SIGCONT);
  replicas_[victim_]->Serve(address);
}

void FaultsTest::CutTheNetwork() {
  replicas_.back()->CutOff(true);
  network_->Cut();
  EXPECT_TRUE(WaitUntil([&] { return StatusOf(*greeters_.back()).fleet().stale(); }));
  AwaitChanges(kSome);
  network_->Mend();
  replicas_.back()->CutOff(false);
}

void FaultsTest::CompactWhileCut() {
  replicas_.back()->CutOff(true);
  proxy_->Cut();
  AwaitChanges(kSome);
  etcd().Ctl({"compact", absl::StrCat(etcd().Revision())});
  proxy_->Mend();
  replicas_.back()->CutOff(false);
}

void FaultsTest::RestoreABackup() {
  const std::string backup = Path(absl::StrCat("backup", ++restored_));
  etcd().SaveSnapshot(backup);
  AwaitChanges(kSome);
  // What was changed since will be lost.
  traffic_->PauseChanges();
  CheckJournal();
  journal_.AllowOneStepBack();
  etcd().Kill();
  traffic_->ResumeChanges();
  etcd().RestoreSnapshot(backup, absl::StrCat("restored-", restored_));
}

void FaultsTest::Defragment() {
  etcd().Ctl({"defrag"});
  AwaitChanges(kSome);
}

void FaultsTest::FillIt() {
  const std::string filler(1 << 20, 'x');
  bool full = false;
  for (int i = 0; i < 2 * (kQuota >> 20) && !full; ++i) {
    full = etcd().TryCtl({"put", absl::StrCat("/filler/", i)}, filler).code != 0;
  }
  ASSERT_TRUE(full);
  const absl::Status refused = SetMessage(*greeters_.front(), "too much");
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr("space")) << refused;
  etcd().Ctl({"del", "--prefix", "/filler/"});
  etcd().Ctl({"compact", absl::StrCat(etcd().Revision())});
  etcd().Ctl({"defrag"});
  etcd().Ctl({"alarm", "disarm"});
}

namespace {

TEST_P(FaultsTest, IsSurvived) {
  AwaitChanges(kSome);
  const absl::Time begin = absl::Now();
  for (int round = 0; round < GetParam().rounds && !HasFatalFailure(); ++round) {
    GetParam().round(*this);
    ExpectAgreement();
  }
  const absl::Duration took = absl::Now() - begin;
  traffic_.reset();
  CheckJournal();
  journal_.CheckGreetings();
  std::cout << GetParam() << ": " << GetParam().rounds << " rounds in "
            << absl::FormatDuration(absl::Trunc(took, absl::Seconds(1))) << ", "
            << static_cast<double>(journal_.changed()) / absl::ToDoubleSeconds(took)
            << " changes a second, all equal within "
            << absl::FormatDuration(absl::Trunc(slowest_, absl::Milliseconds(1))) << "; "
            << journal_.Summary() << "\n";
}

// Each for one round, where it is quick, and for many.
std::vector<Fault> Faults() {
  const std::vector<Fault> quick = {
      {"LeaderKilled", Setting::kThreeMembers, [](FaultsTest& test) { test.KillTheLeader(); }},
      {"ReplicaKilled", Setting::kOneMember, [](FaultsTest& test) { test.KillAReplica(); }},
      {"NetworkCut", Setting::kFarAway, [](FaultsTest& test) { test.CutTheNetwork(); }},
      {"CompactedWhileCut", Setting::kBehindProxy,
       [](FaultsTest& test) { test.CompactWhileCut(); }},
      {"RestoredFromABackup", Setting::kOneMember, [](FaultsTest& test) { test.RestoreABackup(); }},
      {"Defragmented", Setting::kOneMember, [](FaultsTest& test) { test.Defragment(); }},
      {"Full", Setting::kSmall, [](FaultsTest& test) { test.FillIt(); }},
  };
  std::vector<Fault> all = {
      {"MajorityLost", Setting::kThreeMembers, [](FaultsTest& test) { test.LoseTheMajority(); }},
      {"ReplicaPaused", Setting::kOneMember, [](FaultsTest& test) { test.PauseAReplica(); }},
  };
  all.insert(all.end(), quick.begin(), quick.end());
  for (Fault& fault : all) {
    fault.name += "Long";
    fault.rounds = kManyRounds;
  }
  all.insert(all.end(), quick.begin(), quick.end());
  return all;
}

INSTANTIATE_TEST_SUITE_P(Every, FaultsTest, ::testing::ValuesIn(Faults()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace greeter::testing
