// Replicas that make themselves known, over a real etcd.

#include "fleet/membership.h"

#include <spdlog/sinks/null_sink.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "fleet/etcd.h"
#include "gtest/gtest.h"
#include "support/wait_for.h"

namespace greeter::fleet {
namespace {

using ::greeter::testing::Etcd;
using ::greeter::testing::WaitFor;

constexpr char kReplicas[] = "/greeter/web/replicas/";

// One replica, as far as others know it.
class Member {
 public:
  Member(const Etcd& etcd, std::string id)
      : client_({.endpoints = {etcd.address()}}), id_(std::move(id)) {
    membership_.emplace(
        &client_, "web", id_, [this] { return Describe(); }, &logger_);
    membership_->Start("unix:/" + id_);
  }
  ~Member() {
    membership_->Leave();
    membership_->WaitUntilLeft(absl::Seconds(10));
    client_.Stop();
  }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  void Applied(uint64_t revision) {
    applied_ = revision;
    membership_->Changed();
  }
  void Leave() { membership_->Leave(); }

  absl::Status Look() {
    std::promise<absl::Status> looked;
    membership_->Look([&](const absl::Status& status) { looked.set_value(status); });
    return looked.get_future().get();
  }
  // Who is live, as this one finds by looking.
  std::vector<std::string> Ids() {
    EXPECT_TRUE(Look().ok());
    std::vector<std::string> ids;
    for (const api::Replica& replica : membership_->view().replicas) ids.push_back(replica.id());
    return ids;
  }
  bool Sees(const std::vector<std::string>& ids, absl::Duration timeout = absl::Seconds(10)) {
    return WaitFor([&] { return Ids() == ids; }, timeout);
  }

  Membership& membership() { return *membership_; }

 private:
  api::Replica Describe() const {
    api::Replica replica;
    replica.set_id(id_);
    replica.set_applied_revision(applied_);
    return replica;
  }

  spdlog::logger logger_{"", std::make_shared<spdlog::sinks::null_sink_mt>()};
  etcd::Client client_;
  const std::string id_;
  std::atomic<uint64_t> applied_ = 1;
  std::optional<Membership> membership_;
};

class MembershipTest : public ::testing::Test {
 protected:
  // Every lease that etcd has is taken away, as if its time were over.
  void EndLeases() {
    for (const absl::string_view line : absl::StrSplit(etcd_.Ctl({"lease", "list"}), '\n')) {
      const std::string id(absl::StripAsciiWhitespace(line));
      if (id.empty() || absl::StrContains(id, "found")) continue;
      etcd_.Ctl({"lease", "revoke", id});
    }
  }

  Etcd etcd_;
};

TEST_F(MembershipTest, ReplicasKnowOneAnother) {
  Member a(etcd_, "a");
  Member b(etcd_, "b");
  EXPECT_TRUE(a.Sees({"a", "b"}));
  EXPECT_TRUE(b.Sees({"a", "b"}));
  EXPECT_EQ(a.membership().view().name, "web");
  EXPECT_EQ(a.membership().view().replicas[1].admin_address(), "unix:/b");
}

TEST_F(MembershipTest, AnObserverHearsOfAChangeAtOnce) {
  Member a(etcd_, "a");
  Member b(etcd_, "b");
  ASSERT_TRUE(a.Sees({"a", "b"}));
  std::atomic<uint64_t> seen = 0;
  a.membership().Observe([&seen, &a] {
    for (const api::Replica& replica : a.membership().view().replicas) {
      if (replica.id() == "b") seen = replica.applied_revision();
    }
    return seen < 3;
  });
  b.Applied(2);
  EXPECT_TRUE(WaitFor([&] { return seen == 2; }));
  // Not with the next heartbeat.
  const absl::Time changed = absl::Now();
  b.Applied(3);
  EXPECT_TRUE(WaitFor([&] { return seen == 3; }));
  EXPECT_LT(absl::Now() - changed, absl::Seconds(1));
}

TEST_F(MembershipTest, WhoLeavesIsGoneAtOnce) {
  Member a(etcd_, "a");
  Member b(etcd_, "b");
  ASSERT_TRUE(a.Sees({"a", "b"}));
  b.Leave();
  const absl::Time left = absl::Now();
  EXPECT_TRUE(a.Sees({"a"}));
  EXPECT_LT(absl::Now() - left, absl::Seconds(5));
  EXPECT_EQ(b.Look().code(), absl::StatusCode::kUnavailable);
}

// As of one that was paused for longer than its lease.
TEST_F(MembershipTest, ComesBackWithANewLease) {
  Member a(etcd_, "a");
  Member b(etcd_, "b");
  ASSERT_TRUE(a.Sees({"a", "b"}));
  EndLeases();
  EXPECT_EQ(etcd_.Ctl({"get", "--keys-only", "--prefix", kReplicas}), "");
  // With its next heartbeat, or with a change before that.
  b.Applied(2);
  EXPECT_TRUE(a.Sees({"a", "b"}));
  EXPECT_TRUE(WaitFor([&] {
    return etcd_.Ctl({"get", "--prefix", std::string(kReplicas) + "a"}) != "";
  }));
}

TEST_F(MembershipTest, WithoutEtcdItStillKnowsItself) {
  Member a(etcd_, "a");
  ASSERT_TRUE(a.Sees({"a"}));
  etcd_.Kill();
  EXPECT_FALSE(a.Look().ok());
  a.Applied(2);
  ASSERT_EQ(a.membership().view().replicas.size(), 1U);
  EXPECT_EQ(a.membership().view().replicas[0].applied_revision(), 2U);
  etcd_.Start();
  Member b(etcd_, "b");
  EXPECT_TRUE(b.Sees({"a", "b"}));
}

// Whoever asks is answered before greeterctl gives up, after 10 s.
TEST_F(MembershipTest, ASilentEtcdIsNotWaitedForTwice) {
  Member a(etcd_, "a");
  ASSERT_TRUE(a.Sees({"a"}));
  etcd_.Pause();
  a.Applied(2);
  const absl::Time asked = absl::Now();
  EXPECT_FALSE(a.Look().ok());
  EXPECT_LT(absl::Now() - asked, absl::Seconds(8));
  etcd_.Resume();
}

// The backup counts from where it was saved; its cluster's ID is the same.
TEST_F(MembershipTest, ReplicasOfARestoredBackupKnowOneAnother) {
  Member a(etcd_, "a");
  Member b(etcd_, "b");
  ASSERT_TRUE(a.Sees({"a", "b"}));
  const std::string saved = ::testing::TempDir() + "/membership_" + std::to_string(getpid());
  etcd_.SaveSnapshot(saved);
  etcd::Client writer({.endpoints = {etcd_.address()}});
  etcdserverpb::TxnRequest lost;
  lost.add_success()->mutable_request_put()->set_key("/other");
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(writer.Txn(lost).ok());
  Member c(etcd_, "c");
  ASSERT_TRUE(a.Sees({"a", "b", "c"}));
  etcd_.Kill();
  etcd_.RestoreSnapshot(saved);
  unlink(saved.c_str());
  c.Applied(7);
  EXPECT_TRUE(WaitFor([&] {
    const bool looked = a.Look().ok();
    const control::FleetView view = a.membership().view();
    return looked && view.replicas.size() == 3 && view.replicas[2].applied_revision() == 7;
  }));
}

TEST_F(MembershipTest, WhatOthersPutThereIsNobody) {
  Member a(etcd_, "a");
  etcd_.Ctl({"put", std::string(kReplicas) + "x", "garbage"});
  EXPECT_TRUE(a.Sees({"a"}));
}

}  // namespace
}  // namespace greeter::fleet
