// Replicas that agree, whatever happens to etcd and to the network in between.

#include "fleet/etcd_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "fleet/etcd.h"
#include "fleet/replica.h"
#include "fleet/tcp_proxy.h"
#include "greeter/fleet/v1/fleet.pb.h"
#include "support/wait_for.h"

namespace greeter::testing {
namespace {

namespace pb = ::etcdserverpb;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(30);

class EtcdStoreTest : public ::testing::Test {
 protected:
  EtcdStoreTest() {
    std::string directory = ::testing::TempDir() + "/greeter-fleet.XXXXXX";
    directory_ = mkdtemp(directory.data());
  }
  ~EtcdStoreTest() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return absl::StrCat(directory_, "/", name); }

  template <typename Predicate>
  static bool Until(Predicate happened) {
    return WaitFor(happened, kPatience);
  }

  // What etcd has in the fleet's key `config`, and writing it.
  static std::string Stored(const Etcd& etcd) {
    etcd::Client client({.endpoints = {etcd.address()}});
    pb::RangeRequest request;
    request.set_key("/greeter/web/config");
    const auto response = client.Range(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() && response->kvs_size() > 0 ? response->kvs(0).value() : "";
  }
  static void Store(const Etcd& etcd, const std::string& value) {
    etcd::Client client({.endpoints = {etcd.address()}});
    pb::TxnRequest request;
    pb::PutRequest& put = *request.add_success()->mutable_request_put();
    put.set_key("/greeter/web/config");
    put.set_value(value);
    EXPECT_TRUE(client.Txn(request).ok());
  }

  // A backup that says "saved", then five changes that it does not have, the last "lost 4"; then
  // etcd is killed.
  void SaveAndGoOn(Etcd& etcd, Replica& replica) const {
    ASSERT_TRUE(replica.SetMessage("saved").ok());
    etcd.SaveSnapshot(Path("backup"));
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(replica.SetMessage(absl::StrCat("lost ", i)).ok());
    etcd.Kill();
  }

  // Two writers who have read the same revision, `rounds` times: one of them makes the next.
  static void WriteAgainstEachOther(int rounds) {
    const Etcd etcd;
    Replica one(etcd.address());
    Replica other(etcd.address());
    for (int round = 1; round <= rounds; ++round) {
      const auto revision = static_cast<uint64_t>(round);
      ASSERT_TRUE(Until([&] { return one.revision() == revision; }));
      ASSERT_TRUE(Until([&] { return other.revision() == revision; }));
      absl::StatusOr<uint64_t> theirs;
      std::thread writer([&] { theirs = other.SetMessage(absl::StrCat("b", round), revision); });
      const absl::StatusOr<uint64_t> ours = one.SetMessage(absl::StrCat("a", round), revision);
      writer.join();
      ASSERT_NE(ours.ok(), theirs.ok()) << ours.status() << theirs.status();
      ASSERT_TRUE(absl::IsAborted((ours.ok() ? theirs : ours).status()));
      ASSERT_EQ(ours.ok() ? *ours : *theirs, revision + 1);
      const std::string winner = absl::StrCat(ours.ok() ? "a" : "b", round);
      ASSERT_TRUE(one.Says(winner) && other.Says(winner));
    }
  }

 private:
  std::string directory_;
};

TEST_F(EtcdStoreTest, AChangeToOneIsAChangeToAll) {
  const Etcd etcd;
  Replica first(etcd.address());
  Replica second(etcd.address());
  Replica third(etcd.address());
  ASSERT_TRUE(second.SetMessage("Back soon").ok());
  for (Replica* const replica : {&first, &second, &third}) {
    EXPECT_TRUE(replica->Says("Back soon"));
    EXPECT_EQ(replica->revision(), 2U);
    EXPECT_THAT(replica->History(), ElementsAre(2, 1));
    EXPECT_FALSE(replica->fleet().stale());
  }
}

// Promise 8: never silently overwritten.
TEST_F(EtcdStoreTest, OfTwoWritersOneWins) { WriteAgainstEachOther(50); }
TEST_F(EtcdStoreTest, OfTwoWritersOneWinsLong) { WriteAgainstEachOther(1000); }

TEST_F(EtcdStoreTest, WritersWhoExpectNothingBothSucceed) {
  const Etcd etcd;
  Replica one(etcd.address());
  Replica other(etcd.address());
  constexpr size_t kRounds = 20;
  const auto write = [](Replica& replica) {
    for (size_t i = 0; i < kRounds; ++i) {
      const auto revision = replica.SetMessage(absl::StrCat("message ", i));
      EXPECT_TRUE(revision.ok() || absl::IsAborted(revision.status())) << revision.status();
    }
  };
  std::thread writer([&] { write(other); });
  write(one);
  writer.join();
  EXPECT_TRUE(Until([&] { return one.revision() == other.revision(); }));
  EXPECT_EQ(one.History().size(), one.revision());
  EXPECT_GE(one.revision(), kRounds);
}

TEST_F(EtcdStoreTest, ComesBackWithAnEtcdThatWasKilled) {
  Etcd etcd;
  Replica one(etcd.address());
  Replica other(etcd.address());
  ASSERT_TRUE(one.SetMessage("before").ok());
  ASSERT_TRUE(other.Says("before"));
  etcd.Kill();
  EXPECT_TRUE(Until([&] { return other.fleet().stale(); }));
  EXPECT_EQ(other.text(), "before");
  EXPECT_TRUE(other.serving());
  const absl::Status refused = other.SetMessage("meanwhile").status();
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr(etcd.address()));
  etcd.Start();
  EXPECT_TRUE(Until([&] { return one.SetMessage("after").ok(); }));
  EXPECT_TRUE(other.Says("after"));
  EXPECT_FALSE(other.fleet().stale());
}

TEST_F(EtcdStoreTest, ListsAgainWhenWhatItMissedWasCompacted) {
  const Etcd etcd;
  TcpProxy network(etcd.address());
  Replica one(etcd.address());
  Replica cut_off(network.address());
  network.Cut();
  ASSERT_TRUE(Until([&] { return cut_off.fleet().stale(); }));
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(one.SetMessage(absl::StrCat("missed ", i)).ok());
  for (int i = 0; i < 5; ++i) etcd.Ctl({"put", "/else", "x"});
  etcd.Ctl({"compact", "8"});
  network.Mend();
  EXPECT_TRUE(cut_off.Says("missed 5"));
  ASSERT_TRUE(one.SetMessage("and then").ok());
  EXPECT_TRUE(cut_off.Says("and then"));
}

// Promise 7, of a change whose answer is lost: it is there once, and known to be.
TEST_F(EtcdStoreTest, AWriteWhoseAnswerIsLostIsRecordedOnce) {
  const Etcd etcd;
  TcpProxy network(etcd.address());
  Replica replica(network.address());
  for (uint64_t round = 1; round <= 5; ++round) {
    const std::string text = absl::StrCat("lost-", round, ".");
    network.MuteWhoSends(text);
    absl::StatusOr<uint64_t> revision;
    std::thread writer([&] { revision = replica.SetMessage(text); });
    EXPECT_TRUE(Until([&] { return absl::StrContains(Stored(etcd), text); }));
    EXPECT_TRUE(network.EndMuted()) << "everybody was answered";
    writer.join();
    ASSERT_TRUE(revision.ok()) << revision.status();
    EXPECT_EQ(*revision, round + 1);
    EXPECT_EQ(replica.History().size(), round + 1);
  }
}

TEST_F(EtcdStoreTest, ARestoredBackupIsAdoptedAndSaidLoudly) {
  Etcd etcd;
  Replica replica(etcd.address(), Path("state"));
  SaveAndGoOn(etcd, replica);
  etcd.RestoreSnapshot(Path("backup"), "another-cluster");
  EXPECT_TRUE(replica.Says("saved"));
  EXPECT_TRUE(Until([&] {
    return absl::StrContains(replica.log(), "has no more, the local copy's revision 7");
  })) << replica.log();
  EXPECT_THAT(replica.log(), HasSubstr("restored from a backup"));
  EXPECT_THAT(replica.History(), ElementsAre(2, 1));
  EXPECT_EQ(*replica.SetMessage("after"), 3U);
}

// Others have gone on from the backup, past what this one has seen of etcd.
TEST_F(EtcdStoreTest, WhoWasCutOffWhenABackupWasRestoredKeepsWhatThatLacks) {
  Etcd etcd;
  TcpProxy network(etcd.address());
  Replica replica(network.address(), Path("state"));
  SaveAndGoOn(etcd, replica);
  network.Cut();
  etcd.RestoreSnapshot(Path("backup"));
  for (int i = 0; i < 20; ++i) etcd.Ctl({"put", "/other", absl::StrCat(i)});
  Replica other(etcd.address());
  ASSERT_EQ(*other.SetMessage("after"), 3U);
  network.Mend();
  EXPECT_TRUE(replica.Says("after"));
  EXPECT_TRUE(Until([&] {
    return absl::StrContains(replica.log(), "has no more, the local copy's revision 7");
  })) << replica.log();
}

TEST_F(EtcdStoreTest, ABackupUnderTheSameClusterIdIsAdoptedOnceItStaysLong) {
  Etcd etcd;
  Replica replica(etcd.address());
  SaveAndGoOn(etcd, replica);
  etcd.RestoreSnapshot(Path("backup"));
  EXPECT_TRUE(Until([&] { return absl::StrContains(replica.log(), "ignored unless it stays"); }));
  EXPECT_EQ(replica.text(), "lost 4");
  EXPECT_TRUE(replica.Says("saved"));
  EXPECT_THAT(replica.log(), HasSubstr("restored from a backup"));
  EXPECT_EQ(*replica.SetMessage("after"), 3U);
}

TEST_F(EtcdStoreTest, GarbageIsKeptAndReportedAndWhatWasGoodIsServed) {
  const Etcd etcd;
  Replica replica(etcd.address());
  ASSERT_TRUE(replica.SetMessage("good").ok());
  Store(etcd, "garbage");
  ASSERT_TRUE(Until([&] { return !replica.fleet().problem().empty(); }));
  EXPECT_THAT(replica.fleet().problem(), HasSubstr("etcdctl del /greeter/web/config"));
  EXPECT_EQ(replica.text(), "good");
  const absl::Status refused = replica.SetMessage("over it").status();
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_EQ(Stored(etcd), "garbage");
  // As the problem says.
  etcd.Ctl({"del", "/greeter/web/config"});
  EXPECT_TRUE(Until([&] { return replica.SetMessage("mended").ok(); }));
  EXPECT_TRUE(Until([&] { return replica.fleet().problem().empty(); }));
  EXPECT_THAT(replica.History(), ElementsAre(3, 2, 1));
}

TEST_F(EtcdStoreTest, ANewerConfigIsServedAndKeepsWhatIsUnknown) {
  const Etcd etcd;
  Replica replica(etcd.address());
  ::greeter::fleet::v1::StoredRevision newer;
  ASSERT_TRUE(newer.ParseFromString(Stored(etcd)));
  newer.mutable_revision()->set_number(2);
  newer.set_write_id("of a newer greeterd");
  api::Listener& listener = *newer.mutable_config()->mutable_listeners(0);
  listener.mutable_greeting()->set_text("newer");
  listener.GetReflection()->MutableUnknownFields(&listener)->AddVarint(1000, 42);
  Store(etcd, newer.SerializeAsString());
  EXPECT_TRUE(replica.Says("newer"));
  ASSERT_TRUE(replica.SetMessage("changed here").ok());
  ::greeter::fleet::v1::StoredRevision after;
  ASSERT_TRUE(after.ParseFromString(Stored(etcd)));
  const api::Listener& kept = after.config().listeners(0);
  EXPECT_EQ(kept.greeting().text(), "changed here");
  EXPECT_EQ(kept.GetReflection()->GetUnknownFields(kept).field_count(), 1);
}

TEST_F(EtcdStoreTest, AFleetThatIsNewBeginsWithWhatTheFirstHad) {
  Etcd first_etcd;
  {
    Replica before(first_etcd.address(), Path("state"));
    ASSERT_TRUE(before.SetMessage("brought along").ok());
  }
  const Etcd etcd;
  Replica first(etcd.address(), Path("state"));
  Replica second(etcd.address());
  EXPECT_EQ(first.text(), "brought along");
  EXPECT_EQ(second.text(), "brought along");
  EXPECT_EQ(second.revision(), 2U);
}

TEST_F(EtcdStoreTest, WithoutEtcdItBeginsWithItsCopyOrWithNothing) {
  const Etcd etcd;
  TcpProxy network(etcd.address());
  {
    Replica before(network.address(), Path("state"));
    ASSERT_TRUE(before.SetMessage("copied").ok());
  }
  network.Cut();
  Replica replica(network.address(), Path("state"));
  EXPECT_EQ(replica.text(), "copied");
  EXPECT_TRUE(replica.serving());
  EXPECT_TRUE(replica.fleet().stale());
  Replica empty(network.address());
  EXPECT_EQ(empty.text(), "nothing");
  EXPECT_FALSE(empty.serving());
  EXPECT_TRUE(absl::IsUnavailable(empty.SetMessage("mine").status()));
  Replica other(etcd.address());
  ASSERT_TRUE(other.SetMessage("newer").ok());
  network.Mend();
  EXPECT_TRUE(replica.Says("newer"));
  EXPECT_TRUE(empty.Says("newer"));
  EXPECT_TRUE(Until([&] { return !replica.fleet().stale() && !empty.fleet().stale(); }));
}

TEST_F(EtcdStoreTest, ASilentEtcdIsNoticedAndWhatItDidIsLearntLong) {
  Etcd etcd;
  Replica replica(etcd.address());
  etcd.Pause();
  const absl::Status unknown = replica.SetMessage("mine").status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(unknown)) << unknown;
  EXPECT_THAT(std::string(unknown.message()), HasSubstr(etcd.address()));
  EXPECT_TRUE(Until([&] { return replica.fleet().stale(); }));
  EXPECT_EQ(replica.text(), "Hello world");
  etcd.Resume();
  EXPECT_TRUE(Until([&] { return !replica.fleet().stale(); }));
  EXPECT_TRUE(Until([&] { return replica.SetMessage("again").ok(); }));
  EXPECT_LE(replica.revision(), 3U) << "what was not known is there once, or not at all";
}

}  // namespace
}  // namespace greeter::testing
