// What may happen to a fleet, while it is changed at each of its replicas and greets clients all
// the time: nothing that was answered is lost or done twice, nobody is greeted with what nobody
// set, no replica goes back, and all agree soon after.
//
// One round of each is among the tests; tests/fleet/run has thirty.

#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "fleet/fleet_fixture.h"
#include "fleet/journal.h"
#include "fleet/keys.h"
#include "fleet/tcp_proxy.h"
#include "fleet/traffic.h"
#include "gmock/gmock.h"
#include "grpcpp/client_context.h"
#include "support/far_network.h"

namespace greeter::testing {
namespace {

constexpr size_t kReplicas = 3;
constexpr int kManyRounds = 30;
// From the repair to all replicas being equal.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr absl::Duration kSoon = absl::Seconds(20);
#else
constexpr absl::Duration kSoon = absl::Seconds(5);
#endif
// The harm itself: for so long there is none.
constexpr absl::Duration kWithoutMajority = absl::Seconds(20);
constexpr int64_t kQuota = 16 << 20;

class FaultsTest;

// What etcd is, and how the last replica reaches it.
enum class Setting { kOneMember, kThreeMembers, kBehindProxy, kFarAway, kSmall };

struct Fault {
  std::string name;
  Setting setting;
  // Does the harm and mends it.
  void (*round)(FaultsTest&);
  int rounds = 1;
};

std::ostream& operator<<(std::ostream& out, const Fault& fault) { return out << fault.name; }

class FaultsTest : public FleetTest, public ::testing::WithParamInterface<Fault> {
 public:
  void KillTheLeader();
  void LoseTheMajority();
  void KillAReplica();
  void PauseAReplica();
  void CutTheNetwork();
  void CompactWhileCut();
  void RestoreABackup();
  void Defragment();
  void FillIt();

 protected:
  void SetUp() override;
  void TearDown() override;

  // All replicas have the newest revision within kSoon of now, when the last harm was mended; and
  // the journal goes together.
  void ExpectAgreement();
  void CheckJournal();
  // Waits for so many more changes.
  void AwaitChanges(uint64_t count);

  Journal journal_;
  std::unique_ptr<Traffic> traffic_;
  absl::Duration slowest_;

 private:
  void StartReplica(size_t i);
  static bool Has(Target& replica, uint64_t revision);
  // As many as have a record in etcd.
  size_t LiveReplicas();
  // Asks the first replica.
  absl::StatusOr<Revisions> History();
  Etcd& etcd() { return *etcd_.front(); }

  std::unique_ptr<FarNetwork> network_;
  std::vector<std::unique_ptr<Etcd>> etcd_;
  std::unique_ptr<TcpProxy> proxy_;
  std::vector<Greeter*> greeters_;
  std::vector<std::unique_ptr<Target>> replicas_;
  size_t victim_ = 0;
  int restored_ = 0;
};

void FaultsTest::SetUp() {
  const Setting setting = GetParam().setting;
  Etcd::Options options;
  if (setting == Setting::kSmall) options.quota_bytes = kQuota;
  if (setting == Setting::kFarAway) {
    absl::StatusOr<std::unique_ptr<FarNetwork>> network = FarNetwork::Create(absl::Milliseconds(2));
    if (!network.ok()) GTEST_SKIP() << "no network of our own: " << network.status().message();
    network_ = *std::move(network);
    network_->EnterServerSide();
    options.host = FarNetwork::kServerIpv4;
  }
  if (setting == Setting::kThreeMembers) {
    etcd_ = Etcd::StartCluster({FreeAddress(), FreeAddress(), FreeAddress()});
  } else {
    etcd_.push_back(std::make_unique<Etcd>(options));
  }
  if (setting == Setting::kBehindProxy) proxy_ = std::make_unique<TcpProxy>(etcd().address());
  for (size_t i = 0; i < kReplicas; ++i) {
    const bool far = network_ != nullptr && i == kReplicas - 1;
    replicas_.push_back(std::make_unique<Target>(
        absl::StrCat("replica ", i), absl::StrCat("unix:", Path(absl::StrCat("admin", i))),
        [this, far] {
          if (network_ == nullptr) return;
          far ? network_->EnterClientSide() : network_->EnterServerSide();
        }));
    greeters_.push_back(nullptr);
    StartReplica(i);
  }
  std::vector<Target*> replicas;
  for (const auto& replica : replicas_) replicas.push_back(replica.get());
  traffic_ = std::make_unique<Traffic>(replicas, &journal_);
}

void FaultsTest::TearDown() {
  if (network_ != nullptr) network_->Leave();
}

void FaultsTest::StartReplica(size_t i) {
  std::string endpoints;
  for (const auto& member : etcd_) {
    absl::StrAppend(&endpoints, endpoints.empty() ? "" : ",", member->address());
  }
  if (proxy_ != nullptr && i == kReplicas - 1) endpoints = proxy_->address();
  Target& replica = *replicas_[i];
  replica.Enter();
  greeters_[i] = &Join(endpoints, absl::StrCat("state", i),
                       {"--admin", replica.admin(), "--history", "100000"});
  replica.Serve(greeters_[i]->address());
}

void FaultsTest::AwaitChanges(uint64_t count) {
  const uint64_t enough = journal_.changed() + count;
  EXPECT_TRUE(WaitUntil([&] { return journal_.changed() >= enough; })) << journal_.Summary();
}

bool FaultsTest::Has(Target& replica, uint64_t revision) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kSoon));
  api::GetStatusResponse response;
  if (!replica.stub().GetStatus(&context, {}, &response).ok()) return false;
  const api::ServerStatus& status = response.status();
  return status.revision().number() == revision && !status.fleet().stale();
}

size_t FaultsTest::LiveReplicas() {
  const std::string keys =
      etcd().Ctl({"get", "--prefix", "--keys-only", fleet::ReplicasPrefix(kFleet)});
  const std::vector<absl::string_view> lines = absl::StrSplit(keys, '\n', absl::SkipEmpty());
  return lines.size();
}

absl::StatusOr<Revisions> FaultsTest::History() {
  Revisions all;
  api::ListRevisionsRequest request;
  request.set_page_size(1000);
  do {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    api::ListRevisionsResponse response;
    const grpc::Status status = replicas_[0]->stub().ListRevisions(&context, request, &response);
    if (!status.ok()) return absl::UnavailableError(status.error_message());
    for (const api::Revision& revision : response.revisions()) {
      all[revision.number()] = revision.comment().empty() ? "Hello world" : revision.comment();
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

void FaultsTest::CheckJournal() {
  const absl::StatusOr<Revisions> all = History();
  ASSERT_TRUE(all.ok()) << all.status();
  // None is missing.
  EXPECT_EQ(all->size(), all->rbegin()->first - all->begin()->first + 1);
  journal_.CheckChanges(*all);
}

void FaultsTest::ExpectAgreement() {
  const absl::Time mended = absl::Now();
  traffic_->PauseChanges();
  bool equal = false;
  while (!equal && absl::Now() < mended + kSoon) {
    const absl::StatusOr<Revisions> all = History();
    equal = all.ok() && std::all_of(replicas_.begin(), replicas_.end(), [&](const auto& replica) {
              return Has(*replica, all->rbegin()->first);
            });
  }
  EXPECT_TRUE(equal) << "after " << absl::Now() - mended;
  slowest_ = std::max(slowest_, absl::Now() - mended);
  CheckJournal();
  traffic_->ResumeChanges();
}

void FaultsTest::KillTheLeader() {
  const auto leader = std::find_if(etcd_.begin(), etcd_.end(),
                                   [](const auto& member) { return member->IsLeader(); });
  ASSERT_NE(leader, etcd_.end());
  (*leader)->Kill();
  // Those who remain elect another.
  AwaitChanges(20);
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
  AwaitChanges(20);
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
  AwaitChanges(20);
  network_->Mend();
  replicas_.back()->CutOff(false);
}

void FaultsTest::CompactWhileCut() {
  replicas_.back()->CutOff(true);
  proxy_->Cut();
  AwaitChanges(20);
  etcd().Ctl({"compact", absl::StrCat(etcd().Revision())});
  proxy_->Mend();
  replicas_.back()->CutOff(false);
}

void FaultsTest::RestoreABackup() {
  const std::string backup = Path(absl::StrCat("backup", ++restored_));
  etcd().SaveSnapshot(backup);
  AwaitChanges(20);
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
  AwaitChanges(20);
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

TEST_P(FaultsTest, IsSurvived) {
  AwaitChanges(20);
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
