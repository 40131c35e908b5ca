// Changes that wait for the whole fleet, and who belongs to it: real greeterds over a real etcd.

#include <future>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "e2e/clients.h"
#include "fleet/fleet_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

constexpr std::chrono::seconds kLong(60);

class WholeFleetTest : public FleetTest {
 protected:
  static grpc::Status SetEverywhere(Greeter& greeter, const std::string& text,
                                    std::chrono::milliseconds deadline = kLong) {
    api::SetMessageRequest request;
    request.mutable_greeting()->set_text(text);
    request.mutable_change()->set_wait(api::WAIT_FLEET);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + deadline);
    api::SetMessageResponse response;
    return greeter.stub().SetMessage(&context, request, &response);
  }

  static grpc::Status MoveEverywhere(Greeter& greeter, const std::string& address,
                                     bool rolls_back) {
    api::ApplyConfigRequest request;
    *request.mutable_config() = ConfigOf(greeter);
    request.mutable_config()->mutable_listeners(0)->set_address(address);
    request.mutable_change()->set_wait(api::WAIT_FLEET);
    request.mutable_change()->set_roll_back_on_failure(rolls_back);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kLong);
    api::ApplyConfigResponse response;
    return greeter.stub().ApplyConfig(&context, request, &response);
  }

  static std::string IdOf(Greeter& greeter) { return StatusOf(greeter).server_id(); }

  static std::vector<std::string> IdsAt(Greeter& greeter) {
    grpc::ClientContext context;
    api::ListReplicasResponse list;
    const grpc::Status status = greeter.stub().ListReplicas(&context, {}, &list);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::vector<std::string> ids;
    for (const api::Replica& replica : list.replicas()) ids.push_back(replica.id());
    return ids;
  }
  static bool Sees(Greeter& greeter, size_t replicas) {
    return WaitUntil([&] { return IdsAt(greeter).size() == replicas; });
  }

  struct Two {
    Greeter& first;
    Greeter& second;
  };
  // Two that know each other; the second with these options.
  Two JoinTwo(const std::vector<std::string>& more = {}) {
    Greeter& first = Join(etcd_.address());
    Greeter& second = Join(etcd_.address(), "", more);
    EXPECT_TRUE(Sees(first, 2));
    return {first, second};
  }

  Etcd etcd_;
};

// Promise 4: done means done, of a fleet.
TEST_F(WholeFleetTest, OkMeansThatEveryReplicaHasIt) {
  std::vector<Greeter*> fleet;
  for (int i = 0; i < 3; ++i) fleet.push_back(&Join(etcd_.address()));
  for (Greeter* greeter : fleet) ASSERT_TRUE(Sees(*greeter, 3));
  for (int i = 0; i < 30; ++i) {
    const std::string text = absl::StrCat("message ", i);
    const grpc::Status status = SetEverywhere(*fleet[i % 3], text);
    ASSERT_TRUE(status.ok()) << status.error_message();
    for (Greeter* greeter : fleet) EXPECT_EQ(TextOf(*greeter), text);
  }
}

TEST_F(WholeFleetTest, NamesWhoCannotApplyIt) {
  const auto [first, second] = JoinTwo();
  // They share a machine, so one of them comes too late.
  const grpc::Status status = MoveEverywhere(first, FreeAddress(), /*rolls_back=*/false);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), AllOf(HasSubstr(IdOf(second)), HasSubstr("in use"),
                                            HasSubstr("revision 2 was applied here")));
  EXPECT_EQ(StatusOf(first).revision().number(), 2U);
  EXPECT_EQ(StatusOf(second).revision().number(), 1U);
}

TEST_F(WholeFleetTest, RollsBackWhatOneCannotApply) {
  const auto [first, second] = JoinTwo();
  const grpc::Status status = MoveEverywhere(first, FreeAddress(), /*rolls_back=*/true);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(),
              AllOf(HasSubstr("rolled back: revision 3 has the Config of revision 1 again"),
                    HasSubstr(IdOf(second))));
  EXPECT_EQ(StatusOf(first).revision().action(), "roll back to revision 1");
  for (Greeter* greeter : {&first, &second}) {
    EXPECT_TRUE(WaitUntil([&] { return StatusOf(*greeter).revision().number() == 3; }));
    EXPECT_TRUE(Says(*greeter, "Hello world"));
  }
}

TEST_F(WholeFleetTest, NamesWhoSaysNothing) {
  const auto [first, second] = JoinTwo();
  const std::string id = IdOf(second);
  second.Signal(SIGSTOP);
  const grpc::Status status = SetEverywhere(first, "Moin", std::chrono::seconds(4));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_THAT(status.error_message(), HasSubstr(absl::StrCat(id, ": has applied only revision 1")));
  second.Signal(SIGCONT);
  EXPECT_TRUE(Says(second, "Moin"));
}

TEST_F(WholeFleetTest, WhoIsKilledLeavesWithItsLeaseLong) {
  const auto [first, second] = JoinTwo();
  second.Stop(SIGKILL);
  EXPECT_EQ(IdsAt(first).size(), 2U);
  // Waits for its lease to run out.
  const grpc::Status status = SetEverywhere(first, "Moin");
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(IdsAt(first), UnorderedElementsAre(IdOf(first)));
}

TEST_F(WholeFleetTest, WhoIsStoppedLeavesAtOnce) {
  const auto [first, second] = JoinTwo({"--shutdown-delay", "20s"});
  second.Signal(SIGTERM);
  ASSERT_TRUE(second.WaitForLog("stopping"));
  // Long before the lease would run out; it still serves.
  const absl::Time stopped = absl::Now();
  EXPECT_TRUE(Sees(first, 1));
  EXPECT_LT(absl::Now() - stopped, absl::Seconds(5));
  EXPECT_TRUE(Says(second, "Hello world"));
}

TEST_F(WholeFleetTest, WhoWakesAfterItsLeaseIsBackWithTheNewestLong) {
  const auto [first, second] = JoinTwo();
  second.Signal(SIGSTOP);
  ASSERT_TRUE(Sees(first, 1));
  ASSERT_TRUE(SetEverywhere(first, "Moin").ok());
  second.Signal(SIGCONT);
  EXPECT_TRUE(Sees(first, 2));
  EXPECT_TRUE(Says(second, "Moin"));
  // It has put nothing back.
  EXPECT_EQ(StatusOf(first).revision().number(), 2U);
  EXPECT_EQ(TextOf(first), "Moin");
  const grpc::Status status = SetEverywhere(second, "Servus");
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(TextOf(first), "Servus");
}

TEST_F(WholeFleetTest, WithoutEtcdWhatWasHeardLastIsListed) {
  Greeter& first = Join(etcd_.address());
  Greeter& second = Join(etcd_.address());
  const std::vector<std::string> ids = {IdOf(first), IdOf(second)};
  ASSERT_TRUE(Sees(first, 2));
  // Long before greeterctl gives up.
  etcd_.Pause();
  const absl::Time asked = absl::Now();
  EXPECT_THAT(IdsAt(first), UnorderedElementsAreArray(ids));
  EXPECT_LT(absl::Now() - asked, absl::Seconds(8));
  etcd_.Resume();
  etcd_.Kill();
  EXPECT_THAT(IdsAt(first), UnorderedElementsAreArray(ids));
}

TEST_F(WholeFleetTest, GreeterctlShowsIt) {
  const auto [first, second] = JoinTwo();
  const Finished fleet = Ctl({"fleet"});
  EXPECT_EQ(fleet.code, 0) << fleet;
  EXPECT_THAT(fleet.out, AllOf(HasSubstr(absl::StrCat("fleet  ", kFleet)), HasSubstr(IdOf(first)),
                               HasSubstr(IdOf(second)), HasSubstr("2 replicas")));
  EXPECT_EQ(Ctl({"counts", "--fleet"}).code, 0);
  const Finished set = Ctl({"message", "set", "Moin", "--wait", "fleet"});
  EXPECT_EQ(set.code, 0) << set;
  EXPECT_EQ(TextOf(first), "Moin");
  EXPECT_EQ(TextOf(second), "Moin");
}

}  // namespace
}  // namespace greeter::testing
