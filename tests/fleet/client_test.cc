// The client against a real etcd: what it does, and what it says when it can't.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fleet/client_fixture.h"
#include "support/wait_for.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Where nobody listens.
constexpr char kNobody[] = "127.0.0.1:1";

TEST_F(EtcdClientTest, ComparesAndPutsAndReads) {
  const Etcd etcd;
  etcd::Client client({.endpoints = {etcd.address()}});
  EXPECT_EQ(*Get(client), "nothing");
  const auto first = client.Txn(PutIfNew("one"));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(first->succeeded());
  EXPECT_GT(first->header().cluster_id(), 0);
  const auto second = client.Txn(PutIfNew("two"));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_FALSE(second->succeeded());
  EXPECT_EQ(*Get(client), "one");
}

TEST_F(EtcdClientTest, WatchesFromARevisionOn) {
  const Etcd etcd;
  etcd::Client client({.endpoints = {etcd.address()}});
  const auto put = client.Txn(PutIfNew("one"));
  ASSERT_TRUE(put.ok()) << put.status();
  etcd.Ctl({"put", kKey, "two"});
  std::vector<std::string> seen;
  pb::WatchCreateRequest request;
  request.set_key(kKey);
  request.set_start_revision(put->header().revision());
  absl::Status ended;
  std::thread watch([&] {
    ended = client.Watch(request, absl::Minutes(1), [&](const pb::WatchResponse& response) {
      for (const mvccpb::Event& event : response.events()) seen.push_back(event.kv().value());
      if (!seen.empty() && seen.back() == "last") client.Stop();
    });
  });
  etcd.Ctl({"put", kKey, "last"});
  watch.join();
  EXPECT_TRUE(absl::IsCancelled(ended)) << ended;
  EXPECT_THAT(seen, ElementsAre("one", "two", "last"));
}

TEST_F(EtcdClientTest, AWatchEndsInGoodOrderWhenItsTimeIsOver) {
  const Etcd etcd;
  etcd::Client client({.endpoints = {etcd.address()}});
  pb::WatchCreateRequest request;
  request.set_key(kKey);
  bool created = false;
  const absl::Status ended = client.Watch(
      request, absl::Milliseconds(500),
      [&](const pb::WatchResponse& response) { created = created || response.created(); });
  EXPECT_TRUE(ended.ok()) << ended;
  EXPECT_TRUE(created);
}

TEST_F(EtcdClientTest, AWatchOfWhatIsCompactedIsOutOfRange) {
  const Etcd etcd;
  etcd::Client client({.endpoints = {etcd.address()}});
  for (const char* const value : {"one", "two", "three"}) etcd.Ctl({"put", kKey, value});
  etcd.Ctl({"compact", "4"});
  pb::WatchCreateRequest request;
  request.set_key(kKey);
  request.set_start_revision(2);
  const absl::Status ended =
      client.Watch(request, absl::Seconds(30), [](const pb::WatchResponse& /*response*/) {});
  EXPECT_TRUE(absl::IsOutOfRange(ended)) << ended;
}

TEST_F(EtcdClientTest, ALeaseLivesWhileItIsKeptAliveAndIsKnownToBeLost) {
  const Etcd etcd;
  etcd::Client client({.endpoints = {etcd.address()}});
  const auto lease = client.LeaseGrant(absl::Seconds(15));
  ASSERT_TRUE(lease.ok()) << lease.status();
  EXPECT_EQ(lease->ttl, absl::Seconds(15));
  pb::TxnRequest request = PutIfNew("leased");
  request.mutable_success(0)->mutable_request_put()->set_lease(lease->id);
  ASSERT_TRUE(client.Txn(request).ok());
  EXPECT_TRUE(client.LeaseKeepAlive(lease->id).ok());
  EXPECT_EQ(*Get(client), "leased");
  EXPECT_TRUE(client.LeaseRevoke(lease->id).ok());
  EXPECT_EQ(*Get(client), "nothing");
  EXPECT_TRUE(absl::IsNotFound(client.LeaseKeepAlive(lease->id)));
  EXPECT_TRUE(client.LeaseRevoke(lease->id).ok());
}

TEST_F(EtcdClientTest, WhereNobodyListensNothingIsDone) {
  etcd::Client client({.endpoints = {kNobody, "127.0.0.2:1"}});
  const absl::Status status = client.Txn(PutIfNew("one")).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(kNobody), HasSubstr("127.0.0.2:1"), HasSubstr("refused")));
}

TEST_F(EtcdClientTest, AnEndpointThatIsGoneIsPassedOver) {
  const Etcd etcd;
  etcd::Client client({.endpoints = {kNobody, etcd.address()}});
  EXPECT_TRUE(client.Txn(PutIfNew("one")).ok());
  EXPECT_EQ(*Get(client), "one");
}

TEST_F(EtcdClientTest, ComesBackToAnEtcdThatWasKilled) {
  Etcd etcd;
  etcd::Client client({.endpoints = {etcd.address()}});
  ASSERT_TRUE(client.Txn(PutIfNew("one")).ok());
  etcd.Kill();
  EXPECT_TRUE(WaitFor([&] { return absl::IsUnavailable(client.Txn(PutIfNew("two")).status()); }));
  etcd.Start();
  EXPECT_TRUE(WaitFor([&] { return Get(client).ok(); }));
  EXPECT_EQ(*Get(client), "one");
}

TEST_F(EtcdClientTest, OfASilentEtcdItIsNotKnownWhatItDid) {
  Etcd etcd;
  etcd::Client client({.endpoints = {etcd.address()}, .call_timeout = absl::Seconds(1)});
  ASSERT_TRUE(Get(client).ok());
  etcd.Pause();
  const absl::Status status = client.Txn(PutIfNew("one")).status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(etcd.address()));
  etcd.Resume();
  EXPECT_TRUE(WaitFor([&] { return Get(client).ok(); }));
}

TEST_F(EtcdClientTest, ASilentEndpointIsPassedOver) {
  Etcd silent;
  const Etcd etcd;
  etcd::Client client({.endpoints = {silent.address(), etcd.address()}});
  silent.Pause();
  EXPECT_TRUE(client.Txn(PutIfNew("one")).ok());
  const absl::Time begin = absl::Now();
  EXPECT_EQ(*Get(client), "one");
  EXPECT_LT(absl::Now() - begin, absl::Seconds(2)) << "it was asked again";
  silent.Resume();
}

TEST_F(EtcdClientTest, AWatchOfASilentEtcdIsLostLong) {
  Etcd etcd;
  etcd::Client client({.endpoints = {etcd.address()}});
  pb::WatchCreateRequest request;
  request.set_key(kKey);
  const absl::Status ended = client.Watch(
      request, absl::Minutes(1), [&](const pb::WatchResponse& /*created*/) { etcd.Pause(); });
  EXPECT_TRUE(absl::IsUnavailable(ended)) << ended;
  etcd.Resume();
}

TEST_F(EtcdClientTest, SpeaksAsAUserAndAgainWhenItsTokenIsForgotten) {
  Etcd etcd;
  etcd.EnableAuth();
  etcd::Client client(WithPassword(etcd.address(), "secret\n"));
  const auto put = client.Txn(PutIfNew("one"));
  ASSERT_TRUE(put.ok()) << put.status();
  // Its tokens are in memory.
  etcd.Kill();
  etcd.Start();
  EXPECT_TRUE(WaitFor([&] { return Get(client).ok(); })) << Get(client).status();
  // Which makes every token one of an old revision.
  etcd.Ctl({"role", "grant-permission", "greeter", "read", "/else"});
  EXPECT_EQ(*Get(client), "one");
}

TEST_F(EtcdClientTest, SaysThatAPasswordIsWrongOrMissing) {
  Etcd etcd;
  etcd.EnableAuth();
  etcd::Client wrong(WithPassword(etcd.address(), "guessed"));
  const absl::Status refused = Get(wrong).status();
  EXPECT_TRUE(absl::IsUnauthenticated(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), AllOf(HasSubstr("greeter"), HasSubstr("password")));
  etcd::Client unreadable(
      {.endpoints = {etcd.address()}, .user = "greeter", .password_file = "/does/not/exist"});
  EXPECT_THAT(std::string(Get(unreadable).status().message()), HasSubstr("/does/not/exist"));
  etcd::Client nobody({.endpoints = {etcd.address()}});
  const absl::Status unknown = Get(nobody).status();
  EXPECT_TRUE(absl::IsUnauthenticated(unknown)) << unknown;
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("give --etcd-user"));
}

TEST_F(EtcdClientTest, SaysWhichRoleAUserLacks) {
  Etcd etcd;
  etcd.EnableAuth();
  etcd::Client client(WithPassword(etcd.address(), "secret"));
  pb::RangeRequest elsewhere;
  elsewhere.set_key("/else");
  const absl::Status status = client.Range(elsewhere).status();
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("permission denied"), HasSubstr("the user greeter needs a role"),
                    HasSubstr("grant-permission")));
}

TEST_F(EtcdClientTest, SaysHowAFullEtcdGetsRoom) {
  const Etcd etcd({.quota_bytes = 1 << 20});
  etcd::Client client({.endpoints = {etcd.address()}});
  const absl::Status status = client.Txn(PutIfNew(std::string(1 << 20, 'x'))).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("database space exceeded"), HasSubstr("alarm disarm")));
}

TEST_F(EtcdClientTest, AUserWhoIsNotAskedForIsNoMistake) {
  const Etcd etcd;
  etcd::Client client(WithPassword(etcd.address(), "secret"));
  EXPECT_EQ(*Get(client), "nothing");
}

}  // namespace
}  // namespace greeter::testing
