// ListRevisions and RollBack through a real stub: pages, answers, and errors with their details.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "admin_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

class AdminHistoryTest : public AdminTest {
 protected:
  // Makes revisions until there are `count`.
  void MakeRevisions(uint64_t count) {
    for (uint64_t number = controller_->snapshot()->revision.number(); number < count; ++number) {
      api::SetMessageResponse response;
      ASSERT_TRUE(SetMessage("message " + std::to_string(number + 1), &response).ok());
      ASSERT_EQ(response.revision().number(), number + 1);
    }
  }

  grpc::Status List(uint32_t page_size, const std::string& page_token,
                    api::ListRevisionsResponse* response) {
    api::ListRevisionsRequest request;
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    Context context;
    return stub_->ListRevisions(&context, request, response);
  }

  // Follows the tokens from page to page; the numbers of each page.
  std::vector<std::vector<uint64_t>> Pages(uint32_t page_size) {
    std::vector<std::vector<uint64_t>> pages;
    std::string token;
    do {
      api::ListRevisionsResponse response;
      const grpc::Status status = List(page_size, token, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      if (!status.ok()) break;
      std::vector<uint64_t>& page = pages.emplace_back();
      for (const api::Revision& revision : response.revisions()) page.push_back(revision.number());
      token = response.next_page_token();
    } while (!token.empty() && pages.size() < 10'000);
    return pages;
  }

  grpc::Status RollBack(const api::RollBackRequest& request,
                        api::RollBackResponse* response = nullptr) {
    api::RollBackResponse ignored;
    Context context;
    return stub_->RollBack(&context, request, response != nullptr ? response : &ignored);
  }
  static api::RollBackRequest To(uint64_t revision) {
    api::RollBackRequest request;
    request.set_revision(revision);
    return request;
  }
};

TEST_F(AdminHistoryTest, ListsWhoDidWhatAndWhy) {
  StartAdmin();
  api::SetMessageRequest request;
  request.mutable_greeting()->set_text("x");
  request.mutable_change()->set_comment("why not");
  api::SetMessageResponse set;
  Context context;
  ASSERT_TRUE(stub_->SetMessage(&context, request, &set).ok());
  api::ListRevisionsResponse response;
  ASSERT_TRUE(List(0, "", &response).ok());
  ASSERT_THAT(response.revisions(), SizeIs(2));
  EXPECT_EQ(response.next_page_token(), "");
  EXPECT_EQ(response.revisions(0).SerializeAsString(), set.revision().SerializeAsString());
  EXPECT_EQ(response.revisions(0).comment(), "why not");
  EXPECT_EQ(response.revisions(1).author(), "greeterd");
}

TEST_F(AdminHistoryTest, PagesThroughAThousandRevisions) {
  StartAdmin();
  MakeRevisions(1005);
  // The store keeps 1,000. By pages of any size each is listed once, newest first.
  for (const auto& [size, pages] : std::vector<std::pair<uint32_t, size_t>>{
           {0, 20}, {7, 143}, {50, 20}, {999, 2}, {1000, 1}, {1001, 1}, {UINT32_MAX, 1}}) {
    const std::vector<std::vector<uint64_t>> listed = Pages(size);
    EXPECT_THAT(listed, SizeIs(pages)) << size;
    uint64_t expected = 1005;
    for (const auto& page : listed) {
      for (const uint64_t number : page) EXPECT_EQ(number, expected--);
    }
    EXPECT_EQ(expected, 5U) << size;
  }
  EXPECT_THAT(Pages(0).front(), SizeIs(50));

  const grpc::Status forgotten = RollBack(To(5));
  EXPECT_EQ(forgotten.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(forgotten.error_message(), "no revision 5; those kept are 6 to 1005");
  api::RollBackResponse response;
  ASSERT_TRUE(RollBack(To(6), &response).ok());
  EXPECT_EQ(response.config().listeners(0).greeting().text(), "message 6");
}

TEST_F(AdminHistoryTest, RevisionsMadeMeanwhileAreOnNoLaterPage) {
  StartAdmin();
  MakeRevisions(4);
  api::ListRevisionsResponse first;
  ASSERT_TRUE(List(2, "", &first).ok());
  EXPECT_EQ(first.revisions(1).number(), 3U);
  MakeRevisions(9);
  api::ListRevisionsResponse second;
  // The size may change from page to page.
  ASSERT_TRUE(List(3, first.next_page_token(), &second).ok());
  ASSERT_THAT(second.revisions(), SizeIs(2));
  EXPECT_EQ(second.revisions(0).number(), 2U);
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(AdminHistoryTest, OnlyItsOwnTokensArePageTokens) {
  StartAdmin();
  for (const std::string& token :
       {std::string("2"), std::string("x"), std::string("before:2"), std::string("\n"),
        absl::WebSafeBase64Escape("before:"), absl::WebSafeBase64Escape("before:-1"),
        absl::WebSafeBase64Escape("before:02"), absl::WebSafeBase64Escape("before:2 "),
        absl::WebSafeBase64Escape("after:2"), absl::Base64Escape("before:2"),
        absl::WebSafeBase64Escape("before:18446744073709551616"), std::string(100'000, 'A')}) {
    api::ListRevisionsResponse response;
    const grpc::Status status = List(0, token, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << token.substr(0, 40);
    const google::rpc::BadRequest violations = Violations(status);
    ASSERT_THAT(violations.field_violations(), SizeIs(1));
    EXPECT_EQ(violations.field_violations(0).field(), "page_token");
    EXPECT_THAT(violations.field_violations(0).description(), HasSubstr("next_page_token"));
  }
}

TEST_F(AdminHistoryTest, RollBackTellsWhoWentBackToWhat) {
  StartAdmin();
  MakeRevisions(3);
  api::RollBackRequest request = To(1);
  request.mutable_change()->set_comment("typo");
  api::RollBackResponse response;
  const grpc::Status status = RollBack(request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.revision().number(), 4U);
  EXPECT_THAT(response.revision().author(), MatchesRegex("127\\.0\\.0\\.1:[0-9]+"));
  EXPECT_EQ(response.revision().action(), "roll back to revision 1");
  EXPECT_EQ(response.revision().comment(), "typo");
  ASSERT_THAT(response.listeners(), SizeIs(1));
  EXPECT_EQ(response.listeners(0).applied_revision(), 4U);
  EXPECT_EQ(response.config().listeners(0).greeting().text(), "Hello world");

  // Once more: the same, and no new revision.
  ASSERT_TRUE(RollBack(To(1), &response).ok());
  EXPECT_EQ(response.revision().number(), 4U);
  api::GetConfigResponse config;
  Context context;
  ASSERT_TRUE(stub_->GetConfig(&context, {}, &config).ok());
  EXPECT_EQ(config.config().SerializeAsString(), response.config().SerializeAsString());
}

TEST_F(AdminHistoryTest, RollBackErrors) {
  StartAdmin();
  MakeRevisions(2);
  api::RollBackRequest request;
  const grpc::Status missing = RollBack(request);
  EXPECT_EQ(missing.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  ASSERT_THAT(Violations(missing).field_violations(), SizeIs(1));
  EXPECT_EQ(Violations(missing).field_violations(0).field(), "revision");

  request = To(1);
  request.mutable_change()->set_comment(std::string(1025, 'x'));
  EXPECT_EQ(Violations(RollBack(request)).field_violations(0).field(), "change.comment");

  const grpc::Status unknown = RollBack(To(3));
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(unknown.error_message(), "no revision 3; the current one is 2");

  // Promise 8: never silently overwritten.
  request = To(1);
  request.mutable_change()->set_expected_revision(1);
  EXPECT_EQ(RollBack(request).error_code(), grpc::StatusCode::ABORTED);

  // Promise 6: all or nothing.
  api::ApplyConfigRequest move;
  *move.mutable_config()->add_listeners() = MakeListener("default", "127.0.0.1:9999");
  api::ApplyConfigResponse moved;
  Context context;
  ASSERT_TRUE(stub_->ApplyConfig(&context, move, &moved).ok());
  data_plane_.Refuse("127.0.0.1:9190");
  const grpc::Status taken = RollBack(To(1));
  EXPECT_EQ(taken.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(taken.error_message(),
              AllOf(HasSubstr("nothing changed"), HasSubstr("127.0.0.1:9190"),
                    HasSubstr("Address already in use")));
  EXPECT_EQ(controller_->snapshot()->revision.number(), 3U);

  controller_->Stop();
  EXPECT_EQ(RollBack(To(1)).error_code(), grpc::StatusCode::UNAVAILABLE);
  api::ListRevisionsResponse response;
  EXPECT_EQ(List(0, "", &response).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(AdminHistoryTest, ChangesOfTheWholeConfigAnswerWithWhatIsKept) {
  StartAdmin();
  api::ApplyConfigRequest request;
  *request.mutable_config() = HelloConfig();
  request.mutable_config()->mutable_listeners(0)->mutable_greeting()->set_text("Moin");
  request.mutable_change()->set_validate_only(true);
  api::ApplyConfigResponse trial;
  Context first;
  ASSERT_TRUE(stub_->ApplyConfig(&first, request, &trial).ok());
  EXPECT_TRUE(trial.config().listeners(0).enabled());
  EXPECT_EQ(trial.config().listeners(0).limits().write_timeout().seconds(), 30);
  EXPECT_EQ(controller_->snapshot()->revision.number(), 1U);

  request.mutable_change()->set_validate_only(false);
  api::ApplyConfigResponse applied;
  Context second;
  ASSERT_TRUE(stub_->ApplyConfig(&second, request, &applied).ok());
  EXPECT_EQ(applied.config().SerializeAsString(), trial.config().SerializeAsString());

  // No listeners are an answer as well.
  request.mutable_config()->clear_listeners();
  Context third;
  ASSERT_TRUE(stub_->ApplyConfig(&third, request, &applied).ok());
  EXPECT_TRUE(applied.has_config());
  EXPECT_THAT(applied.config().listeners(), SizeIs(0));
}

}  // namespace
}  // namespace greeter::testing
