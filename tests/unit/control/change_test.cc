// Changes as operators ask for them, one at a time.

#include "controller_fixture.h"

namespace greeter::control {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using ChangeTest = ControllerTest;

TEST_F(ChangeTest, SetsAMessage) {
  Start();
  Change change = SetMessage(Message("Moin"));
  change.author = "alice";
  change.options.set_comment("because");
  const Result result = Run(std::move(change));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->revision.number(), 2U);
  EXPECT_EQ(result->revision.author(), "alice");
  EXPECT_EQ(result->revision.action(), "set message of default");
  EXPECT_EQ(result->revision.comment(), "because");
  EXPECT_GT(result->revision.time().seconds(), 1'600'000'000);
  ASSERT_EQ(result->listeners.size(), 1U);
  EXPECT_EQ(result->listeners[0].applied_revision(), 2U);
  EXPECT_EQ(result->listeners[0].counts().accepted(), 7U);
  EXPECT_EQ(Text(), "Moin");
}

// Promise 4: done means done. What answers OK is recorded and applied, in this order.
TEST_F(ChangeTest, PreparesThenRecordsThenActivatesThenAnswers) {
  Start();
  Delivery<std::vector<std::string>> at_answer;
  controller_->Submit(SetMessage(Message("Moin")), [&](const Result& result) {
    EXPECT_TRUE(result.ok());
    EXPECT_EQ(Text(), "Moin");
    at_answer.Deliver(journal_.Entries());
  });
  EXPECT_THAT(at_answer.Await(), ElementsAre("prepare", "record 2", "activate 2"));
}

// Promise 6: all or nothing.
TEST_F(ChangeTest, ChangesNothingThatItCannotRecord) {
  Start();
  store_.broken = true;
  const Result refused = Run(SetMessage(Message("Moin")));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(refused.status().message()),
              AllOf(HasSubstr("nothing changed"), HasSubstr("the disk is full")));
  EXPECT_THAT(journal_.Entries(), ElementsAre("prepare", "record 2", "drop"));
  EXPECT_EQ(Revision(), 1U);
  EXPECT_EQ(Text(), "Hello world");

  store_.broken = false;
  const Result accepted = Run(SetMessage(Message("Moin")));
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_EQ(accepted->revision.number(), 2U);
}

// Promise 6.
TEST_F(ChangeTest, ChangesNothingIfAListenerCannotBind) {
  Start();
  data_plane_.Take(":2");
  data_plane_.Take(":3");
  api::Config desired = ConfigOf({{"default", ":1"}, {"two", ":2"}, {"three", ":3"}});
  desired.mutable_listeners(0)->mutable_greeting()->set_text("Moin");
  const Result result = Run(ApplyConfig(Application(desired)));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(result.status().message()),
              AllOf(HasSubstr("\"two\": :2 is in use"), HasSubstr("\"three\": :3 is in use")));
  EXPECT_THAT(journal_.Entries(), ElementsAre("prepare", "drop"));
  EXPECT_EQ(Revision(), 1U);
  EXPECT_EQ(Text(), "Hello world");
}

TEST_F(ChangeTest, IsIdempotent) {
  Start();
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(Run(SetMessage(Message("Moin"))).ok());
    const Result stopped = Run(Stopping("default"));
    ASSERT_TRUE(stopped.ok());
    EXPECT_EQ(stopped->revision.number(), 3U);
    EXPECT_EQ(stopped->listeners[0].state(), api::ListenerStatus::STATE_STOPPED);
  }
  EXPECT_EQ(Run(Starting("default"))->revision.number(), 4U);
  journal_.Clear();
  EXPECT_EQ(Run(Starting(""))->revision.number(), 4U);
  api::Config same = controller_->snapshot()->config;
  EXPECT_EQ(Run(ApplyConfig(Application(same)))->revision.number(), 4U);
  // Defaults are filled in before it is compared.
  same.mutable_listeners(0)->clear_limits();
  same.mutable_listeners(0)->clear_enabled();
  EXPECT_EQ(Run(ApplyConfig(Application(same)))->revision.number(), 4U);
  EXPECT_THAT(journal_.Entries(), IsEmpty());
}

TEST_F(ChangeTest, ApplyReplacesTheWholeConfig) {
  Start();
  const Result result = Run(ApplyConfig(Application(ConfigOf({{"b", ":2"}, {"a", ":3"}}))));
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->listeners.size(), 2U);
  EXPECT_EQ(result->listeners[0].name(), "b");
  EXPECT_EQ(result->listeners[1].bound_address(), "bound:3");
  ASSERT_TRUE(Run(ApplyConfig(Application({}))).ok());
  EXPECT_FALSE(controller_->snapshot()->serving());
  EXPECT_THAT(std::string(Run(Starting("a")).status().message()), HasSubstr("none at all"));
}

// Promise 8: never silently overwritten.
TEST_F(ChangeTest, RefusesAWriterThatReadAnotherRevision) {
  Start();
  api::SetMessageRequest request = Message("Moin");
  for (const uint64_t stale : {0U, 2U, 7U}) {
    request.mutable_change()->set_expected_revision(stale);
    const absl::Status status = Run(SetMessage(request)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("revision is 1"), HasSubstr(absl::StrCat("not ", stale)),
                      HasSubstr("read the Config again")));
  }
  EXPECT_EQ(Revision(), 1U);
  request.mutable_change()->set_expected_revision(1);
  EXPECT_TRUE(Run(SetMessage(request)).ok());
  // Even if nothing would change.
  EXPECT_EQ(Run(SetMessage(request)).status().code(), absl::StatusCode::kAborted);
}

TEST_F(ChangeTest, ValidateOnlyAnswersAsTheChangeWouldAndChangesNothing) {
  Start(ConfigOf({{"default", ":1"}, {"old", ":2"}}));
  data_plane_.Take(":4");
  api::Config desired = ConfigOf({{"default", ":1"}, {"new", ":3"}, {"off", ":4"}});
  desired.mutable_listeners(2)->set_enabled(false);
  api::ApplyConfigRequest request = Application(desired);
  request.mutable_change()->set_validate_only(true);
  const Result result = Run(ApplyConfig(request));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->revision.number(), 2U);
  EXPECT_EQ(result->revision.action(), "apply config");
  ASSERT_EQ(result->listeners.size(), 3U);
  EXPECT_EQ(result->listeners[0].bound_address(), "bound:1");
  EXPECT_EQ(result->listeners[0].applied_revision(), 2U);
  EXPECT_EQ(result->listeners[1].state(), api::ListenerStatus::STATE_LISTENING);
  EXPECT_EQ(result->listeners[1].bound_address(), "");
  EXPECT_EQ(result->listeners[2].state(), api::ListenerStatus::STATE_STOPPED);

  // Where a moved listener will be bound is not known yet.
  request.mutable_config()->mutable_listeners(0)->set_address(":5");
  EXPECT_EQ(Run(ApplyConfig(request))->listeners[0].bound_address(), "");

  request.mutable_config()->mutable_listeners(2)->set_enabled(true);
  EXPECT_EQ(Run(ApplyConfig(request)).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(journal_.Entries(),
              ElementsAre("prepare", "drop", "prepare", "drop", "prepare", "drop"));
  EXPECT_EQ(Revision(), 1U);
}

TEST_F(ChangeTest, ReportsEveryViolationByItsPathInTheRequest) {
  Start(ConfigOf({{"a", ":1"}, {"default", ":2"}}));
  api::Config wrong = ConfigOf({{"a", ":1"}, {"B", "bad"}, {"a", ""}});
  wrong.mutable_listeners(0)->mutable_greeting()->set_text("\xFF");
  wrong.mutable_listeners(1)->mutable_limits()->mutable_write_timeout()->set_seconds(-1);
  api::ApplyConfigRequest request = Application(wrong);
  request.mutable_change()->set_comment(std::string(1025, 'x'));
  const absl::Status status = Run(ApplyConfig(request)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      Fields(status),
      ElementsAre("change.comment", "config.listeners[0].greeting.text", "config.listeners[1].name",
                  "config.listeners[1].limits.write_timeout", "config.listeners[2].address",
                  "config.listeners[2].name", "config.listeners[1].address"));

  // The listener is the second one: its index is no part of the path.
  EXPECT_THAT(Fields(Run(SetMessage(Message("a\xC0"))).status()), ElementsAre("greeting.text"));
  EXPECT_THAT(Fields(Run(SetMessage({})).status()), ElementsAre("greeting"));
  EXPECT_THAT(Fields(Run(ApplyConfig({})).status()), ElementsAre("config"));
  EXPECT_THAT(journal_.Entries(), IsEmpty());
}

TEST_F(ChangeTest, NamesTheNearestListenerAndThoseThereAre) {
  Start(ConfigOf({{"default", ":1"}, {"banner", ":2"}}));
  for (const auto& make : {Starting, Stopping}) {
    const absl::Status status = Run(make("baner")).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(status.message(),
              "no listener \"baner\"; did you mean \"banner\"? listeners: default, banner");
  }
  EXPECT_EQ(controller_->GetStatus("defalt").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(controller_->GetCounts("x").status().message(),
            "no listener \"x\"; listeners: default, banner");
}

TEST_F(ChangeTest, KeepsErrorsSmallEnoughForGrpcTrailers) {
  std::vector<std::pair<std::string, std::string>> many;
  for (int i = 0; i < 64; ++i) many.emplace_back("listener-" + std::to_string(i), ":1");
  Start(ConfigOf(many));
  api::Config wrong;
  for (int i = 0; i < 64; ++i) {
    *wrong.add_listeners() = ListenerAt(std::string(100'000, '\xFF'), "bad");
  }
  const absl::Status status = Run(ApplyConfig(Application(wrong))).status();
  EXPECT_LT(status.message().size(), 1500U);
  EXPECT_THAT(std::string(status.message()), HasSubstr("more"));
  EXPECT_LT(status.GetPayload(kBadRequestTypeUrl)->size(), 2000U);
  EXPECT_LT(Run(Stopping(std::string(100'000, 'y'))).status().message().size(), 1000U);
}

}  // namespace
}  // namespace greeter::control
