// Changes that wait for a fleet, and the list of its replicas, through a real stub; the fleet is
// what the test says it is.

#include <future>
#include <string>

#include "admin_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "support/fake_fleet.h"
#include "support/wait_for.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class AdminFleetTest : public AdminTest {
 protected:
  AdminFleetTest() {
    admin_options_.fleet = &fleet_;
    fleet_.Applied("web-1", 1);
    fleet_.Applied("web-2", 1);
  }
  ~AdminFleetTest() override { admin_.reset(); }

  struct Answer {
    grpc::Status status;
    api::SetMessageResponse response;
  };

  static api::SetMessageRequest Message(const std::string& text, bool rolls_back = false) {
    api::SetMessageRequest request;
    request.mutable_greeting()->set_text(text);
    request.mutable_change()->set_wait(api::WAIT_FLEET);
    request.mutable_change()->set_roll_back_on_failure(rolls_back);
    return request;
  }

  // Sends the change, and returns once it is in force here; the answer comes when it comes.
  std::future<Answer> Begin(const api::SetMessageRequest& request,
                            std::chrono::milliseconds deadline = kPatience) {
    const uint64_t before = controller_->snapshot()->revision.number();
    std::future<Answer> answer = std::async(std::launch::async, [this, request, deadline] {
      Answer got;
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + deadline);
      got.status = stub_->SetMessage(&context, request, &got.response);
      return got;
    });
    EXPECT_TRUE(IsBeyond(before));
    return answer;
  }

  // Waits until there is a revision after this one.
  bool IsBeyond(uint64_t revision) {
    return WaitFor([&] { return controller_->snapshot()->revision.number() > revision; });
  }

  static bool IsWaiting(const std::future<Answer>& answer) {
    return answer.wait_for(std::chrono::milliseconds(50)) == std::future_status::timeout;
  }

  std::string Text() { return controller_->snapshot()->config.listeners(0).greeting().text(); }

  FakeFleet fleet_;
};

// Promise 4: done means done, of a fleet.
TEST_F(AdminFleetTest, OkOnceEveryLiveReplicaHasIt) {
  StartAdmin();
  std::future<Answer> answer = Begin(Message("Moin"));
  fleet_.Applied("web-1", 2);
  EXPECT_TRUE(IsWaiting(answer));
  fleet_.Applied("web-2", 2);
  const Answer got = answer.get();
  ASSERT_TRUE(got.status.ok()) << got.status.error_message();
  EXPECT_EQ(got.response.revision().number(), 2U);
  EXPECT_EQ(got.response.listener().name(), "default");
}

TEST_F(AdminFleetTest, DoesNotWaitForThoseWhoHaveLeft) {
  StartAdmin();
  std::future<Answer> answer = Begin(Message("Moin"));
  fleet_.Applied("web-1", 2);
  EXPECT_TRUE(IsWaiting(answer));
  fleet_.Left("web-2");
  EXPECT_TRUE(answer.get().status.ok());
}

TEST_F(AdminFleetTest, WaitsForNobodyUnlessAsked) {
  StartAdmin();
  EXPECT_TRUE(SetMessage("Moin").ok());
  api::SetMessageRequest dry = Message("Servus");
  dry.mutable_change()->set_validate_only(true);
  api::SetMessageResponse response;
  Context context;
  EXPECT_TRUE(stub_->SetMessage(&context, dry, &response).ok());
}

TEST_F(AdminFleetTest, WaitsAlsoForWhatChangesNothing) {
  StartAdmin();
  fleet_.Applied("web-2", 0);
  std::future<grpc::Status> answer = std::async(std::launch::async, [this] {
    api::SetMessageResponse response;
    Context context;
    return stub_->SetMessage(&context, Message("Hello world"), &response);
  });
  EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  fleet_.Applied("web-2", 1);
  EXPECT_TRUE(answer.get().ok());
}

TEST_F(AdminFleetTest, AReplicaThatSaysNothingIsNamedBeforeTheDeadline) {
  StartAdmin();
  fleet_.Applied("web-1", 2);
  const Answer got = Begin(Message("Moin"), std::chrono::seconds(4)).get();
  EXPECT_EQ(got.status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_THAT(
      got.status.error_message(),
      AllOf(HasSubstr("revision 2 was applied here, but not all of it on 1 replica: web-2: "),
            HasSubstr("has applied only revision 1")));
  EXPECT_EQ(Text(), "Moin");
}

// It has yet to notice that a backup of etcd was restored.
TEST_F(AdminFleetTest, AReplicaWithARevisionOfAnotherHistoryIsNamed) {
  StartAdmin();
  fleet_.Applied("web-1", 2);
  fleet_.AppliedOf("web-2", 9, absl::Now() - absl::Hours(1));
  const Answer got = Begin(Message("Moin"), std::chrono::seconds(2)).get();
  EXPECT_EQ(got.status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_THAT(got.status.error_message(),
              HasSubstr("web-2: has applied revision 9 of another history"));
}

TEST_F(AdminFleetTest, OneThatCannotApplyItIsNamedOnceTheOthersHaveSaid) {
  StartAdmin();
  std::future<Answer> answer = Begin(Message("Moin"));
  fleet_.Refused("web-2", 2, "address in use");
  EXPECT_TRUE(IsWaiting(answer));
  fleet_.Applied("web-1", 2);
  const Answer got = answer.get();
  EXPECT_EQ(got.status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(got.status.error_message(), HasSubstr("web-2: address in use"));
  EXPECT_EQ(Text(), "Moin");
}

// It has it, but does not greet with it.
TEST_F(AdminFleetTest, OneWithAFailedListenerIsNamedAndNothingRolledBack) {
  StartAdmin();
  std::future<Answer> answer = Begin(Message("Moin", /*rolls_back=*/true));
  fleet_.Applied("web-1", 2);
  fleet_.Applied("web-2", 2, "listener \"b\": address in use");
  const Answer got = answer.get();
  EXPECT_EQ(got.status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(got.status.error_message(),
              HasSubstr("web-2: has applied it, but listener \"b\": address in use"));
  EXPECT_EQ(Text(), "Moin");
}

TEST_F(AdminFleetTest, RollsBackAtTheFirstRefusal) {
  StartAdmin();
  std::future<Answer> answer = Begin(Message("Moin", /*rolls_back=*/true));
  fleet_.Refused("web-2", 2, "address in use");
  const Answer got = answer.get();
  EXPECT_EQ(got.status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(got.status.error_message(),
              AllOf(HasSubstr("rolled back: revision 3 has the Config of revision 1"),
                    HasSubstr("web-2: address in use")));
  EXPECT_EQ(Text(), "Hello world");
  const api::Revision now = controller_->snapshot()->revision;
  EXPECT_EQ(now.number(), 3U);
  EXPECT_EQ(now.action(), "roll back to revision 1");
  EXPECT_EQ(now.comment(), "undoes revision 2, which not every replica could apply");
  EXPECT_THAT(now.author(), HasSubstr("127.0.0.1:"));
}

// Promise 8: never silently overwritten.
TEST_F(AdminFleetTest, DoesNotRollBackWhatOthersHaveChangedSince) {
  StartAdmin();
  std::future<Answer> answer = Begin(Message("Moin", /*rolls_back=*/true));
  ASSERT_TRUE(SetMessage("Servus").ok());
  fleet_.Refused("web-2", 2, "address in use");
  const Answer got = answer.get();
  EXPECT_EQ(got.status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(got.status.error_message(),
              AllOf(HasSubstr("web-2: address in use"), HasSubstr("not rolled back: ")));
  EXPECT_EQ(Text(), "Servus");
}

TEST_F(AdminFleetTest, WhatChangedNothingIsNotRolledBack) {
  StartAdmin();
  fleet_.Refused("web-2", 1, "address in use");
  api::SetMessageResponse response;
  Context context;
  const grpc::Status status =
      stub_->SetMessage(&context, Message("Hello world", /*rolls_back=*/true), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("web-2: address in use"));
  EXPECT_EQ(controller_->snapshot()->revision.number(), 1U);
}

TEST_F(AdminFleetTest, GoesOnForACallerWhoHasGone) {
  StartAdmin();
  grpc::ClientContext context;
  std::future<grpc::Status> answer = std::async(std::launch::async, [&] {
    api::SetMessageResponse response;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    return stub_->SetMessage(&context, Message("Moin", /*rolls_back=*/true), &response);
  });
  ASSERT_TRUE(IsBeyond(1));
  context.TryCancel();
  EXPECT_EQ(answer.get().error_code(), grpc::StatusCode::CANCELLED);
  fleet_.Refused("web-2", 2, "address in use");
  ASSERT_TRUE(IsBeyond(2));
  EXPECT_EQ(Text(), "Hello world");
}

// Views from before the fleet was asked may lack a replica that is live.
TEST_F(AdminFleetTest, IsNotDoneBeforeItKnowsWhoIsLive) {
  StartAdmin();
  fleet_.HoldLooks();
  std::future<Answer> answer = Begin(Message("Moin"));
  fleet_.Applied("web-1", 2);
  fleet_.Applied("web-2", 2);
  EXPECT_TRUE(IsWaiting(answer));
  fleet_.Applied("web-3", 1);
  fleet_.ReleaseLooks();
  EXPECT_TRUE(IsWaiting(answer));
  fleet_.Applied("web-3", 2);
  EXPECT_TRUE(answer.get().status.ok());
}

TEST_F(AdminFleetTest, SaysWhenItCannotKnowWhoIsLive) {
  StartAdmin();
  fleet_.AnswerLooks(absl::UnavailableError("no etcd answers"));
  const Answer got = Begin(Message("Moin")).get();
  EXPECT_EQ(got.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(got.status.error_message(),
              AllOf(HasSubstr("revision 2 is in force here"), HasSubstr("no etcd answers")));

  fleet_.HoldLooks();
  const Answer late = Begin(Message("Servus"), std::chrono::seconds(4)).get();
  EXPECT_EQ(late.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(late.status.error_message(), HasSubstr("could not be found out in time"));
  fleet_.ReleaseLooks();
}

TEST_F(AdminFleetTest, AStopEndsTheWait) {
  StartAdmin();
  std::future<Answer> answer = Begin(Message("Moin"));
  controller_->Stop();
  Stop(absl::Seconds(20));
  const Answer got = answer.get();
  EXPECT_EQ(got.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(got.status.error_message(), HasSubstr("revision 2 is recorded"));
  // Nobody is there who would listen.
  fleet_.Refused("web-2", 2, "address in use");
}

TEST_F(AdminFleetTest, RollingBackNeedsAWait) {
  StartAdmin();
  api::SetMessageRequest request = Message("Moin", /*rolls_back=*/true);
  request.mutable_change()->clear_wait();
  api::SetMessageResponse response;
  Context context;
  const grpc::Status status = stub_->SetMessage(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Violations(status).field_violations(0).field(), "change.roll_back_on_failure");
}

TEST_F(AdminFleetTest, ListsTheReplicas) {
  StartAdmin();
  api::ListReplicasResponse list;
  Context context;
  ASSERT_TRUE(stub_->ListReplicas(&context, {}, &list).ok());
  EXPECT_EQ(list.fleet(), "web");
  ASSERT_EQ(list.replicas_size(), 2);
  EXPECT_EQ(list.replicas(1).id(), "web-2");
}

using AdminAloneTest = AdminTest;

TEST_F(AdminAloneTest, ItsFleetIsItself) {
  data_plane_.SetAccepted(7);
  StartAdmin();
  api::SetMessageRequest request;
  request.mutable_greeting()->set_text("Moin");
  request.mutable_change()->set_wait(api::WAIT_FLEET);
  request.mutable_change()->set_roll_back_on_failure(true);
  api::SetMessageResponse response;
  Context context;
  ASSERT_TRUE(stub_->SetMessage(&context, request, &response).ok());

  api::ListReplicasResponse list;
  Context second;
  ASSERT_TRUE(stub_->ListReplicas(&second, {}, &list).ok());
  EXPECT_EQ(list.fleet(), "");
  EXPECT_EQ(list.revision(), 2U);
  ASSERT_EQ(list.replicas_size(), 1);
  const api::Replica& self = list.replicas(0);
  EXPECT_EQ(self.id(), controller_->GetStatus("")->server_id());
  EXPECT_EQ(self.admin_address(), admin_->bound_address());
  EXPECT_EQ(self.applied_revision(), 2U);
  EXPECT_EQ(self.counts().accepted(), 7U);
  EXPECT_FALSE(self.has_accept_rate());
  EXPECT_EQ(list.total().accepted(), 7U);
}

TEST_F(AdminAloneTest, AFailedListenerIsNamedAsInAFleet) {
  data_plane_.Refuse(HelloConfig().listeners(0).address());
  StartAdmin();
  api::SetMessageRequest request;
  request.mutable_greeting()->set_text("Moin");
  request.mutable_change()->set_wait(api::WAIT_FLEET);
  api::SetMessageResponse response;
  Context context;
  const grpc::Status status = stub_->SetMessage(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), AllOf(HasSubstr("revision 2 was applied here"),
                                            HasSubstr(controller_->GetStatus("")->server_id()),
                                            HasSubstr("listener \"default\"")));
}

}  // namespace
}  // namespace greeter::testing
