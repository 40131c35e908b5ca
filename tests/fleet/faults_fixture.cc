#include "fleet/faults_fixture.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "fleet/keys.h"
#include "grpcpp/client_context.h"

namespace greeter::testing {
namespace {

// From the repair to all replicas being equal.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr absl::Duration kSoon = absl::Seconds(20);
#else
constexpr absl::Duration kSoon = absl::Seconds(5);
#endif

}  // namespace

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

bool FaultsTest::AreEqual() {
  // The newest of the fleet, by etcd. To read all would take seconds, after some thousand changes.
  api::ListRevisionsRequest request;
  request.set_page_size(1);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kSoon));
  api::ListRevisionsResponse newest;
  const grpc::Status listed = replicas_[0]->stub().ListRevisions(&context, request, &newest);
  if (!listed.ok() || newest.revisions().empty()) return false;
  return std::all_of(replicas_.begin(), replicas_.end(), [&](const auto& replica) {
    return Has(*replica, newest.revisions(0).number());
  });
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
  while (!AreEqual() && absl::Now() < mended + kSoon) {
  }
  const absl::Duration took = absl::Now() - mended;
  EXPECT_LT(took, kSoon);
  slowest_ = std::max(slowest_, took);
  CheckJournal();
  traffic_->ResumeChanges();
}

}  // namespace greeter::testing
