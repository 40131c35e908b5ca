#include "observe/status_document.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "observe_fixture.h"

namespace greeter::observe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StatusDocumentTest : public ObserveTest {
 protected:
  std::string Document() { return StatusDocument(MakeSources(), changes_); }
  std::shared_ptr<const RecentChanges::Reading> Changes() {
    return changes_.Read(*controller_.snapshot());
  }

  RecentChanges changes_{&controller_};
};

TEST_F(StatusDocumentTest, BeforeTheStartThereIsNone) { EXPECT_EQ(Document(), ""); }

TEST_F(StatusDocumentTest, HoldsStatusConfigAndHistory) {
  StartWith({"default"});
  SetMessage("default", "<script>alert(\"1\")</script>");
  const std::string document = Document();
  EXPECT_THAT(document, HasSubstr("\"ready\":true"));
  EXPECT_THAT(document, HasSubstr("\"serverId\":\"host-1\""));
  EXPECT_THAT(document, HasSubstr("\"state\":\"STATE_LISTENING\""));
  EXPECT_THAT(document, HasSubstr("\"action\":\"set message of default\""));
  EXPECT_THAT(document, HasSubstr("\"lastChanges\":{\"default\":{\"number\":\"2\""));
  // What a browser takes for markup does not leave as such.
  EXPECT_THAT(document, Not(HasSubstr("<script>")));
}

TEST_F(StatusDocumentTest, EachListenerHasTheRevisionThatChangedItLast) {
  StartWith({"a", "b", "c"});
  SetMessage("a", "one");
  SetMessage("b", "two");
  SetMessage("a", "three");
  // At once for all that came before, and one by one for what comes.
  for (int round = 0; round < 2; ++round) {
    const auto reading = Changes();
    ASSERT_EQ(reading->revisions.size(), 4u + static_cast<size_t>(round));
    EXPECT_EQ(reading->last_change.at("a").number(), 4u);
    EXPECT_EQ(reading->last_change.at("a").author(), "alice");
    EXPECT_EQ(reading->last_change.at("b").number(), 3u);
    EXPECT_EQ(reading->last_change.at("c").number(), round == 0 ? 1u : 5u);
    if (round == 0) SetMessage("c", "four");
  }
}

TEST_F(StatusDocumentTest, WhatTheHistoryDoesNotReachIsNotGuessed) {
  StartWith({"a", "b"});
  for (size_t i = 0; i < RecentChanges::kRevisions + 5; ++i) SetMessage("a", absl::StrCat(i));
  const auto reading = Changes();
  EXPECT_EQ(reading->revisions.size(), RecentChanges::kRevisions);
  EXPECT_EQ(reading->last_change.count("b"), 0u);
  EXPECT_EQ(reading->last_change.at("a").number(), reading->revisions.front().number());
}

// A busy controller makes nobody wait longer than a second, and the page still has something.
TEST_F(StatusDocumentTest, ABusyControllerIsNotWaitedFor) {
  StartWith({"default"});
  EXPECT_EQ(Changes()->revisions.size(), 1u);
  data_plane_.Block();
  std::promise<void> done;
  api::SetMessageRequest request;
  request.mutable_greeting()->set_text("later");
  controller_.Submit(control::SetMessage(request), [&done](auto) { done.set_value(); });
  ASSERT_TRUE(data_plane_.WaitUntilBlocked(20));
  EXPECT_EQ(Changes()->revisions.size(), 1u);
  data_plane_.Release();
  done.get_future().wait();
  EXPECT_EQ(Changes()->revisions.size(), 2u);
}

}  // namespace
}  // namespace greeter::observe
