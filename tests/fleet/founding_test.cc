// A fleet that begins with the history of a greeterd that was alone.

#include "fleet/founding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "etcd/client.h"
#include "fleet/etcd.h"
#include "fleet/keys.h"
#include "fleet/replica.h"
#include "fleet/stored_record.h"
#include "fleet/tcp_proxy.h"
#include "fleet/write_requests.h"
#include "google/protobuf/util/time_util.h"
#include "store/sqlite_store.h"
#include "support/wait_for.h"

namespace greeter::testing {
namespace {

namespace pb = ::etcdserverpb;
using ::google::protobuf::util::TimeUtil;
using ::testing::ElementsAre;
using ::testing::Eq;

// More than fit into one transaction.
constexpr uint64_t kMany = 150;

class FoundingTest : public ::testing::Test {
 protected:
  FoundingTest() {
    std::string directory = ::testing::TempDir() + "/greeter-founding.XXXXXX";
    directory_ = mkdtemp(directory.data());
  }
  ~FoundingTest() override { std::filesystem::remove_all(directory_); }

  // The state directory of one who was alone, with that many revisions: "NAME 1", "NAME 2", …
  std::string StateOf(const std::string& name, uint64_t revisions) const {
    std::string path = absl::StrCat(directory_, "/", name);
    auto store = store::SqliteStore::Open(path, {});
    EXPECT_TRUE(store.ok()) << store.status();
    for (uint64_t number = 1; number <= revisions; ++number) {
      control::Record record;
      record.revision.set_number(number);
      *record.revision.mutable_time() =
          TimeUtil::NanosecondsToTimestamp(absl::ToUnixNanos(absl::Now()));
      api::Listener& listener = *record.config.add_listeners();
      listener.set_name("default");
      listener.set_address(":1");
      listener.mutable_greeting()->set_text(absl::StrCat(name, " ", number));
      EXPECT_TRUE((*store)->Append(record).ok());
    }
    return path;
  }

  // The greetings of the revisions that etcd has, the oldest first.
  static std::vector<std::string> Texts(const Etcd& etcd) {
    etcd::Client client({.endpoints = {etcd.address()}});
    pb::RangeRequest request;
    request.set_key(fleet::RevisionKey("web", 0));
    request.set_range_end(fleet::RevisionKey("web", UINT64_MAX));
    const absl::StatusOr<pb::RangeResponse> response = client.Range(request);
    EXPECT_TRUE(response.ok()) << response.status();
    std::vector<std::string> texts;
    for (const mvccpb::KeyValue& kv : response->kvs()) {
      const auto record = fleet::Decode(kv.key(), kv.value());
      EXPECT_TRUE(record.ok()) << record.status();
      texts.push_back(record.ok() ? record->config.listeners(0).greeting().text() : "");
    }
    return texts;
  }

  // The one file that is kept in that state directory.
  static std::string TheKeptIn(const std::string& state) {
    std::vector<std::string> kept;
    for (const auto& entry : std::filesystem::directory_iterator(state)) {
      const std::string path = entry.path();
      if (absl::StrContains(path, ".replaced")) kept.push_back(path);
    }
    EXPECT_EQ(kept.size(), 1U);
    return kept.empty() ? "" : kept.front();
  }

  static std::vector<std::string> TextsOf(const std::string& name, uint64_t revisions) {
    std::vector<std::string> texts;
    for (uint64_t number = 1; number <= revisions; ++number) {
      texts.push_back(absl::StrCat(name, " ", number));
    }
    return texts;
  }

 private:
  std::string directory_;
};

TEST_F(FoundingTest, WhoWasAloneBringsTheHistoryAlong) {
  const Etcd etcd;
  Replica first(etcd.address(), StateOf("alone", kMany));
  EXPECT_EQ(first.revision(), kMany);
  EXPECT_THAT(Texts(etcd), Eq(TextsOf("alone", kMany)));
  Replica second(etcd.address());
  EXPECT_TRUE(second.Says(absl::StrCat("alone ", kMany)));
  EXPECT_EQ(second.History().size(), kMany);
  EXPECT_EQ(etcd.Ctl({"get", fleet::FounderKey("web")}), "");
}

TEST_F(FoundingTest, OfTwoFoundersOneBringsAllOfItsHistory) {
  for (int round = 0; round < 3; ++round) {
    const std::string one = absl::StrCat("one", round);
    const std::string other = absl::StrCat("other", round);
    const std::vector<std::string> states = {StateOf(one, kMany), StateOf(other, kMany)};
    const Etcd etcd;
    std::unique_ptr<Replica> second;
    std::thread founder([&] { second = std::make_unique<Replica>(etcd.address(), states.back()); });
    Replica first(etcd.address(), states.front());
    founder.join();
    EXPECT_TRUE(second->Says(first.text()));
    const std::string winner = first.text() == absl::StrCat(one, " ", kMany) ? one : other;
    EXPECT_THAT(Texts(etcd), Eq(TextsOf(winner, kMany)));
    // The other waited: a claim, two for what is carried along, and the end.
    EXPECT_EQ(etcd.Revision(), 1 + 4);
  }
}

// Whether the fleet's number is below or above its own.
TEST_F(FoundingTest, WhoComesLaterKeepsWhatItHadBesideItsCopy) {
  const Etcd etcd;
  const Replica first(etcd.address(), StateOf("first", 2));
  for (const uint64_t revisions : {1, 2, 3}) {
    const std::string name = absl::StrCat("later", revisions);
    const std::string state = StateOf(name, revisions);
    for (int start = 0; start < 2; ++start) {
      const Replica later(etcd.address(), state);
      EXPECT_EQ(later.text(), "first 2");
      EXPECT_EQ(later.log().find("is kept in") != std::string::npos, start == 0) << later.log();
    }
    const std::string kept = StateOf(name + "-kept", 0);
    std::filesystem::rename(TheKeptIn(state), kept + "/greeter.db");
    const auto store = store::SqliteStore::Open(kept, {});
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_EQ((*store)->Latest().value()->config.listeners(0).greeting().text(),
              absl::StrCat(name, " ", revisions));
  }
}

TEST_F(FoundingTest, WhoWasAwayKeepsNothingOfWhatTheFleetHas) {
  const Etcd etcd;
  Replica first(etcd.address());
  const std::string state = StateOf("away", 0);
  for (int start = 0; start < 2; ++start) {
    {
      const Replica away(etcd.address(), state);
      EXPECT_EQ(away.text(), first.text());
      EXPECT_EQ(away.log().find("is kept in"), std::string::npos) << away.log();
    }
    ASSERT_TRUE(first.SetMessage("while away").ok());
    ASSERT_TRUE(first.SetMessage("again").ok());
  }
}

TEST_F(FoundingTest, WhatAFounderWhoDiedHasLeftIsTakenAway) {
  const Etcd etcd;
  etcd.Ctl({"put", fleet::FounderKey("web"), "who died"});
  etcd.Ctl({"put", fleet::RevisionKey("web", 2), "left"});
  etcd.Ctl({"put", fleet::RevisionKey("web", 9), "left"});
  Replica first(etcd.address(), StateOf("alone", 3));
  EXPECT_THAT(Texts(etcd), ElementsAre("alone 1", "alone 2", "alone 3"));
  EXPECT_THAT(first.History(), ElementsAre(3, 2, 1));
  EXPECT_EQ(etcd.Ctl({"get", fleet::FounderKey("web")}), "");
}

TEST_F(FoundingTest, SoItIsByWhoBeginsWithNothing) {
  const Etcd etcd;
  etcd.Ctl({"put", fleet::FounderKey("web"), "who died"});
  etcd.Ctl({"put", fleet::RevisionKey("web", 9), "left"});
  Replica first(etcd.address());
  EXPECT_THAT(Texts(etcd), ElementsAre("Hello world"));
  EXPECT_THAT(first.History(), ElementsAre(1));
  EXPECT_EQ(etcd.Ctl({"get", fleet::FounderKey("web")}), "");
}

TEST_F(FoundingTest, AClaimIsItsOwnersWhileThatMayBeAlive) {
  const Etcd etcd;
  etcd.Ctl({"put", fleet::FounderKey("web"), "who lives"});
  etcd::Client client({.endpoints = {etcd.address()}});
  control::Record record;
  record.revision.set_number(1);
  const auto answer =
      fleet::Found(client, "web", fleet::History(record), absl::Now() + absl::Seconds(1));
  EXPECT_TRUE(absl::IsUnavailable(answer.status())) << answer.status();
  EXPECT_TRUE(absl::StrContains(answer.status().message(), "at the same time"));
  EXPECT_TRUE(absl::StrContains(etcd.Ctl({"get", fleet::FounderKey("web")}), "who lives"));
}

// Nobody can tell it whether it has begun; whoever asks once more with the same is told.
TEST_F(FoundingTest, WhoseLastAnswerNeverComesSaysThatItIsNotKnown) {
  const Etcd etcd;
  TcpProxy network(etcd.address());
  network.MuteWhoSends("the only one");
  control::Record record;
  record.revision.set_number(1);
  record.config.add_listeners()->mutable_greeting()->set_text("the only one");
  const fleet::History history(record);
  etcd::Client cut_off({.endpoints = {network.address()}, .call_timeout = absl::Milliseconds(500)});
  const auto unknown = fleet::Found(cut_off, "web", history, absl::Now());
  EXPECT_TRUE(absl::IsDeadlineExceeded(unknown.status())) << unknown.status();
  EXPECT_TRUE(absl::StrContains(unknown.status().message(),
                                "it is not known whether the fleet web has begun"));
  etcd::Client client({.endpoints = {etcd.address()}});
  const auto known = fleet::Found(client, "web", history, absl::Now());
  ASSERT_TRUE(known.ok()) << known.status();
  EXPECT_FALSE(known->succeeded());
  EXPECT_TRUE(fleet::HasRecorded(*known, history.newest()));
}

TEST_F(FoundingTest, WhoseLastAnswerIsLostHasBegunIt) {
  const Etcd etcd;
  TcpProxy network(etcd.address());
  const std::string newest = absl::StrCat("alone ", kMany);
  network.MuteWhoSends(newest);
  std::unique_ptr<Replica> first;
  std::thread founder(
      [&] { first = std::make_unique<Replica>(network.address(), StateOf("alone", kMany)); });
  EXPECT_TRUE(WaitFor([&] {
    return absl::StrContains(etcd.Ctl({"get", fleet::ConfigKey("web")}), newest);
  }));
  EXPECT_TRUE(network.EndMuted()) << "everybody was answered";
  founder.join();
  EXPECT_EQ(first->text(), newest);
  EXPECT_TRUE(absl::StrContains(first->log(), "it begins with revision 150")) << first->log();
  EXPECT_THAT(Texts(etcd), Eq(TextsOf("alone", kMany)));
}

}  // namespace
}  // namespace greeter::testing
