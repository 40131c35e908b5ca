// Every rpc of GreeterAdminService through a real stub: answers, and errors with their details.

#include <string>

#include "admin_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

using AdminServiceTest = AdminTest;

TEST_F(AdminServiceTest, SetMessageChangesTheGreetingAndTellsWhoDidIt) {
  StartAdmin();
  api::SetMessageRequest request;
  request.mutable_greeting()->set_text("Good day");
  request.mutable_change()->set_comment("for a change");
  api::SetMessageResponse response;
  Context context;
  const grpc::Status status = stub_->SetMessage(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.revision().number(), 2);
  EXPECT_EQ(response.revision().comment(), "for a change");
  EXPECT_THAT(response.revision().author(), MatchesRegex("127\\.0\\.0\\.1:[0-9]+"));
  EXPECT_EQ(response.listener().name(), "default");
  EXPECT_EQ(response.listener().applied_revision(), 2);

  api::GetConfigResponse config;
  Context second;
  ASSERT_TRUE(stub_->GetConfig(&second, {}, &config).ok());
  ASSERT_THAT(config.config().listeners(), SizeIs(1));
  EXPECT_EQ(config.config().listeners(0).greeting().text(), "Good day");
  EXPECT_EQ(config.revision().number(), 2);
}

TEST_F(AdminServiceTest, AuthorOverIpv6IsReadable) {
  StartAdmin("[::1]:0");
  api::SetMessageResponse response;
  ASSERT_TRUE(SetMessage("six", &response).ok());
  EXPECT_THAT(response.revision().author(), MatchesRegex("\\[::1\\]:[0-9]+"));
}

TEST_F(AdminServiceTest, StopAndStartListening) {
  StartAdmin();
  api::StopListeningResponse stopped;
  Context first;
  ASSERT_TRUE(stub_->StopListening(&first, {}, &stopped).ok());
  EXPECT_EQ(stopped.listener().state(), api::ListenerStatus::STATE_STOPPED);
  EXPECT_EQ(stopped.revision().number(), 2);

  api::StartListeningResponse started;
  Context second;
  ASSERT_TRUE(stub_->StartListening(&second, {}, &started).ok());
  EXPECT_EQ(started.listener().state(), api::ListenerStatus::STATE_LISTENING);
  EXPECT_EQ(started.revision().number(), 3);
}

TEST_F(AdminServiceTest, ApplyConfigAnswersWithEveryListener) {
  StartAdmin();
  api::ApplyConfigRequest request;
  *request.mutable_config() = HelloConfig();
  *request.mutable_config()->add_listeners() = MakeListener("second", "127.0.0.1:9191");
  api::ApplyConfigResponse response;
  Context context;
  ASSERT_TRUE(stub_->ApplyConfig(&context, request, &response).ok());
  ASSERT_THAT(response.listeners(), SizeIs(2));
  EXPECT_EQ(response.listeners(1).name(), "second");
  EXPECT_EQ(response.revision().number(), 2);
}

TEST_F(AdminServiceTest, LargestConfigFitsBothWays) {
  StartAdmin();
  api::ApplyConfigRequest request;
  for (int i = 0; i < 64; ++i) {
    api::Listener listener =
        MakeListener("l" + std::to_string(i), "127.0.0.1:" + std::to_string(10000 + i));
    listener.mutable_greeting()->set_raw(std::string(64 * 1024, static_cast<char>(i)));
    *request.mutable_config()->add_listeners() = listener;
  }
  api::ApplyConfigResponse response;
  Context first;
  const grpc::Status applied = stub_->ApplyConfig(&first, request, &response);
  ASSERT_TRUE(applied.ok()) << applied.error_message();
  api::GetConfigResponse config;
  Context second;
  const grpc::Status read = stub_->GetConfig(&second, {}, &config);
  ASSERT_TRUE(read.ok()) << read.error_message();
  EXPECT_THAT(config.config().listeners(), SizeIs(64));

  // One listener more is refused by its field, not by gRPC's limit.
  *request.mutable_config()->add_listeners() = request.config().listeners(0);
  Context third;
  const grpc::Status refused = stub_->ApplyConfig(&third, request, &response);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << refused.error_message();
}

TEST_F(AdminServiceTest, StatusAndCounts) {
  StartAdmin();
  data_plane_.SetAccepted(7);
  api::GetStatusResponse status;
  ASSERT_TRUE(GetStatus(&status).ok());
  EXPECT_EQ(status.status().server_id(), "test-server");
  EXPECT_EQ(status.status().version(), "1.2.3");
  EXPECT_EQ(status.status().listeners(0).bound_address(), "127.0.0.1:9190");

  api::GetConnectionCountsResponse counts;
  Context context;
  ASSERT_TRUE(stub_->GetConnectionCounts(&context, {}, &counts).ok());
  EXPECT_EQ(counts.total().accepted(), 7);
  EXPECT_EQ(counts.listeners(0).counts().completed(), 7);
}

TEST_F(AdminServiceTest, UnknownListenerIsNotFoundEverywhere) {
  StartAdmin();
  const auto expect_not_found = [](const grpc::Status& status) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr("defautl"));
  };
  const auto call = [&](auto method, auto request, auto response) {
    Context context;
    request.set_listener("defautl");
    expect_not_found((stub_.get()->*method)(&context, request, &response));
  };
  using Stub = api::GreeterAdminService::Stub;
  call(&Stub::StartListening, api::StartListeningRequest(), api::StartListeningResponse());
  call(&Stub::StopListening, api::StopListeningRequest(), api::StopListeningResponse());
  call(&Stub::GetStatus, api::GetStatusRequest(), api::GetStatusResponse());
  call(&Stub::GetConnectionCounts, api::GetConnectionCountsRequest(),
       api::GetConnectionCountsResponse());
  api::SetMessageRequest set;
  set.mutable_greeting()->set_text("x");
  call(&Stub::SetMessage, set, api::SetMessageResponse());
}

TEST_F(AdminServiceTest, UnknownRevisionIsNotFound) {
  StartAdmin();
  api::GetConfigRequest request;
  request.set_revision(12);
  api::GetConfigResponse response;
  Context context;
  EXPECT_EQ(stub_->GetConfig(&context, request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

// Promise 8: never silently overwritten.
TEST_F(AdminServiceTest, OtherRevisionThanExpectedIsAborted) {
  StartAdmin();
  api::SetMessageRequest request;
  request.mutable_greeting()->set_text("x");
  request.mutable_change()->set_expected_revision(7);
  api::SetMessageResponse response;
  Context context;
  EXPECT_EQ(stub_->SetMessage(&context, request, &response).error_code(),
            grpc::StatusCode::ABORTED);
}

TEST_F(AdminServiceTest, AddressInUseIsFailedPrecondition) {
  StartAdmin();
  data_plane_.Refuse("127.0.0.1:9191");
  api::ApplyConfigRequest request;
  *request.mutable_config()->add_listeners() = MakeListener("default", "127.0.0.1:9191");
  api::ApplyConfigResponse response;
  Context context;
  const grpc::Status status = stub_->ApplyConfig(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("Address already in use"));
}

TEST_F(AdminServiceTest, InvalidValuesAreNamedByTheirFields) {
  StartAdmin();
  api::ApplyConfigRequest request;
  *request.mutable_config()->add_listeners() = MakeListener("Not a label", "127.0.0.1");
  api::ApplyConfigResponse response;
  Context context;
  const grpc::Status status = stub_->ApplyConfig(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const google::rpc::BadRequest violations = Violations(status);
  ASSERT_THAT(violations.field_violations(), SizeIs(2));
  EXPECT_EQ(violations.field_violations(0).field(), "config.listeners[0].name");
  EXPECT_EQ(violations.field_violations(1).field(), "config.listeners[0].address");
}

TEST_F(AdminServiceTest, ManyViolationsStillReachTheClient) {
  StartAdmin();
  api::ApplyConfigRequest request;
  for (int i = 0; i < 64; ++i) {
    *request.mutable_config()->add_listeners() =
        MakeListener("Not a label, and a long one " + std::to_string(i), "127.0.0.1");
  }
  api::ApplyConfigResponse response;
  Context context;
  const grpc::Status status = stub_->ApplyConfig(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  const google::rpc::BadRequest violations = Violations(status);
  EXPECT_GT(violations.field_violations_size(), 5);
  EXPECT_THAT(status.error_message(), HasSubstr(" more"));
}

TEST_F(AdminServiceTest, TextThatIsNotUtf8IsNamedByItsField) {
  StartAdmin();
  api::SetMessageRequest request;
  request.mutable_greeting()->set_text("abc?");
  request.mutable_change()->set_comment("a comment?");
  std::string bytes = request.SerializeAsString();
  for (char& c : bytes) {
    if (c == '?') c = '\xff';
  }
  const grpc::Status status =
      CallRaw(channel_, "/greeter.admin.v1.GreeterAdminService/SetMessage", bytes, nullptr);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const google::rpc::BadRequest violations = Violations(status);
  ASSERT_THAT(violations.field_violations(), SizeIs(2));
  EXPECT_EQ(violations.field_violations(0).field(), "greeting.text");
  EXPECT_THAT(violations.field_violations(0).description(),
              AllOf(HasSubstr("0xFF"), HasSubstr("offset 3"), HasSubstr("\"raw\"")));
  EXPECT_EQ(violations.field_violations(1).field(), "change.comment");
}

TEST_F(AdminServiceTest, TextThatIsNotUtf8InAListIsNamedByItsIndex) {
  StartAdmin();
  api::ApplyConfigRequest request;
  *request.mutable_config() = HelloConfig();
  *request.mutable_config()->add_listeners() = MakeListener("second", "?");
  std::string bytes = request.SerializeAsString();
  bytes[bytes.find('?')] = '\x80';
  const grpc::Status status =
      CallRaw(channel_, "/greeter.admin.v1.GreeterAdminService/ApplyConfig", bytes, nullptr);
  const google::rpc::BadRequest violations = Violations(status);
  ASSERT_THAT(violations.field_violations(), SizeIs(1));
  EXPECT_EQ(violations.field_violations(0).field(), "config.listeners[1].address");
}

TEST_F(AdminServiceTest, BytesThatAreNoRequestAreInvalid) {
  StartAdmin();
  for (const char* method :
       {"SetMessage", "GetStatus", "ListRevisions", "RollBack", "WatchStatus"}) {
    const grpc::Status status =
        CallRaw(channel_, std::string("/greeter.admin.v1.GreeterAdminService/") + method,
                "\x0a\x7f", nullptr);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << method;
    EXPECT_THAT(status.error_message(), HasSubstr("do not parse"));
  }
}

TEST_F(AdminServiceTest, ClientThatGaveUpHarmsNobody) {
  StartAdmin();
  data_plane_.Block();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
  api::SetMessageRequest request;
  request.mutable_greeting()->set_text("late");
  api::SetMessageResponse response;
  EXPECT_EQ(stub_->SetMessage(&context, request, &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  data_plane_.Release();
  api::SetMessageResponse next;
  ASSERT_TRUE(SetMessage("later", &next).ok());
  // The change that was under way took place all the same.
  EXPECT_EQ(next.revision().number(), 3);
}

TEST_F(AdminServiceTest, StoppedControllerIsUnavailable) {
  StartAdmin();
  controller_->Stop();
  EXPECT_EQ(SetMessage("x").error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace greeter::testing
