// Promise 10: always reachable. Who does not play by HTTP/2's rules costs little.

#include "admin/stream_guard.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "support/http2.h"

namespace greeter::admin {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Http2Frame;

const std::string kPreface = testing::Http2Preface();
const std::string kAcknowledgement = Http2Frame(4, 1, 0);

std::string Call(uint32_t stream) { return Http2Frame(1, 5, stream, "headers"); }
std::string Cancel(uint32_t stream) { return Http2Frame(3, 0, stream, "code"); }
// The answer's last frame.
std::string Answer(uint32_t stream) { return Http2Frame(1, 5, stream, "trailers"); }
std::string Calls(int count) {
  std::string calls;
  for (int i = 0; i < count; ++i) calls += Call(static_cast<uint32_t>(2 * i + 1));
  return calls;
}

class StreamGuardTest : public ::testing::Test {
 protected:
  // A guard whose client has begun, and acknowledged.
  std::unique_ptr<StreamGuard> Begun() {
    auto guard = std::make_unique<StreamGuard>(&budget_);
    Admit(*guard, kPreface);
    guard->NoteAnswers(Http2Frame(4, 0, 0), now_);
    Admit(*guard, kAcknowledgement);
    return guard;
  }
  // Whether all of `bytes` may go on.
  bool Admit(StreamGuard& guard, absl::string_view bytes) {
    return guard.Admit(bytes, false, now_) == bytes.size() && !guard.waiting() &&
           guard.offence() == nullptr;
  }
  // Takes all places but `but`, with guards of their own.
  void Fill(size_t but = 0) {
    while (kMostCalls - but > filled_) {
      others_.push_back(Begun());
      for (uint32_t i = 0; i < 64 && kMostCalls - but > filled_; ++i, ++filled_) {
        ASSERT_TRUE(Admit(*others_.back(), Call(2 * i + 1)));
      }
    }
  }

  // Of those that come although there is no place, takes all.
  void ExhaustTurns() {
    do {
      others_.push_back(Begun());
    } while (Admit(*others_.back(), Call(1)));
    others_.pop_back();
  }

  void AnswerMany() {
    for (uint32_t i = 0; i < 64; ++i) others_.front()->NoteAnswers(Answer(2 * i + 1), now_);
  }

  CallBudget budget_;
  StreamGuard::Time now_ = std::chrono::steady_clock::now();
  StreamGuard guard_{&budget_};
  std::vector<std::unique_ptr<StreamGuard>> others_;
  size_t filled_ = 0;
};

TEST_F(StreamGuardTest, FewCallsAreAdmittedBeforeTheAcknowledgement) {
  EXPECT_TRUE(Admit(guard_, kPreface + Calls(kMostEarlyCalls)));
  EXPECT_FALSE(Admit(guard_, Call(99)));
  EXPECT_NE(guard_.offence(), nullptr);
}

TEST_F(StreamGuardTest, ManyAfterIt) {
  EXPECT_TRUE(Admit(guard_, kPreface));
  guard_.NoteAnswers(Http2Frame(4, 0, 0), now_);
  EXPECT_TRUE(Admit(guard_, kAcknowledgement + Calls(100)));
}

TEST_F(StreamGuardTest, NothingIsAcknowledgedBeforeTheServerSpoke) {
  EXPECT_FALSE(Admit(guard_, kPreface + kAcknowledgement + Calls(kMostEarlyCalls + 1)));
}

TEST_F(StreamGuardTest, BytesMayComeOneByOne) {
  for (const char byte : kPreface + Calls(kMostEarlyCalls)) {
    ASSERT_TRUE(Admit(guard_, {&byte, 1}));
  }
  bool all = true;
  for (const char byte : Call(99)) all = all && Admit(guard_, {&byte, 1});
  EXPECT_FALSE(all);
}

// What other frames hold is not taken for calls.
TEST_F(StreamGuardTest, OtherFramesAreNoCalls) {
  EXPECT_TRUE(Admit(guard_, kPreface));
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(Admit(guard_, Http2Frame(0, 0, 1, Call(1) + Call(3))));
  }
}

TEST_F(StreamGuardTest, NoMoreCallsAtATimeThanGrpcAllows) {
  const auto guard = Begun();
  EXPECT_TRUE(Admit(*guard, Calls(kMostOpenCalls)));
  guard->NoteAnswers(Answer(1), now_);
  EXPECT_TRUE(Admit(*guard, Call(1001)));
  EXPECT_FALSE(Admit(*guard, Call(1003)));
  EXPECT_NE(guard->offence(), nullptr);
}

TEST_F(StreamGuardTest, AnyNumberThatIsAnswered) {
  const auto guard = Begun();
  for (uint32_t stream = 1; stream < 20'000; stream += 2) {
    ASSERT_TRUE(Admit(*guard, Call(stream) + Http2Frame(8, 0, stream, "more"))) << stream;
    guard->NoteAnswers(Http2Frame(0, 0, stream, "some") + Answer(stream), now_);
    // Too late to be a cancellation.
    ASSERT_TRUE(Admit(*guard, Cancel(stream)));
  }
}

// "MadeYouReset": gRPC resets a call for what its client says next, and goes on with it.
TEST_F(StreamGuardTest, WhoHasCallsResetAgainAndAgainIsCutOff) {
  const auto guard = Begun();
  uint32_t stream = 1;
  for (uint32_t i = 0; i < kMostCancels; ++i, stream += 2) {
    ASSERT_TRUE(Admit(*guard, Call(stream)));
    guard->NoteAnswers(Cancel(stream), now_);
    ASSERT_EQ(guard->offence(), nullptr) << i;
  }
  ASSERT_TRUE(Admit(*guard, Call(stream)));
  guard->NoteAnswers(Cancel(stream), now_);
  EXPECT_NE(guard->offence(), nullptr);
}

// They count for a while longer, as those that the client has cancelled.
TEST_F(StreamGuardTest, CallsThatAreResetTakePlaces) {
  Fill(/*but=*/50);
  const auto guard = Begun();
  for (uint32_t i = 0; i < 50; ++i) {
    ASSERT_TRUE(Admit(*guard, Call(2 * i + 1)));
    guard->NoteAnswers(Cancel(2 * i + 1), now_);
  }
  ExhaustTurns();
  EXPECT_FALSE(Admit(*guard, Call(201)));
}

TEST_F(StreamGuardTest, WhoCancelsAgainAndAgainIsCutOff) {
  const auto guard = Begun();
  uint32_t stream = 1;
  for (uint32_t i = 0; i < kMostCancels; ++i, stream += 2) {
    ASSERT_TRUE(Admit(*guard, Call(stream) + Cancel(stream)));
  }
  now_ += milliseconds(1000 / kCancelsPerSecond);
  EXPECT_TRUE(Admit(*guard, Call(stream) + Cancel(stream)));
  EXPECT_FALSE(Admit(*guard, Call(stream + 2) + Cancel(stream + 2)));
  EXPECT_NE(guard->offence(), nullptr);
}

TEST_F(StreamGuardTest, EndlessMetadataIsCutOff) {
  const auto guard = Begun();
  const std::string more = Http2Frame(9, 0, 1, std::string(16'000, 'x'));
  EXPECT_TRUE(Admit(*guard, Http2Frame(1, 0, 1, "headers") + more + more + more + more));
  EXPECT_FALSE(Admit(*guard, more));
  EXPECT_NE(guard->offence(), nullptr);
}

TEST_F(StreamGuardTest, FramesThatMeanNothingAreCutOff) {
  // PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA, one that there isn't.
  for (const int type : {6, 4, 2, 8, 0, 77}) {
    const auto guard = Begun();
    const std::string frame = Http2Frame(static_cast<uint8_t>(type), 0, 0);
    // The client's SETTINGS and their acknowledgement were two.
    for (uint32_t i = 2; i < kMostOtherFrames; ++i) ASSERT_TRUE(Admit(*guard, frame)) << i;
    EXPECT_FALSE(Admit(*guard, frame));
    EXPECT_NE(guard->offence(), nullptr);
  }
}

TEST_F(StreamGuardTest, LargeMessagesAreNotCutOff) {
  const auto guard = Begun();
  const std::string piece = Http2Frame(0, 0, 1, std::string(1024, 'x'));
  EXPECT_TRUE(Admit(*guard, Call(1)));
  for (uint32_t i = 0; i < 2 * kMostOtherFrames; ++i) ASSERT_TRUE(Admit(*guard, piece));
}

// A request counts until its end has come, or the call has ended without.
TEST_F(StreamGuardTest, CountsWhatIsNotWhole) {
  const auto begin = [](uint32_t stream) { return Http2Frame(1, 4, stream, "headers"); };
  const auto piece = [](uint32_t stream) { return Http2Frame(0, 0, stream, "piece"); };
  auto guard = Begun();
  EXPECT_TRUE(Admit(*guard, Call(1) + begin(3) + piece(3) + piece(3) + begin(5) + piece(5)));
  EXPECT_EQ(guard->unfinished(), 15u);
  EXPECT_TRUE(Admit(
      *guard, Http2Frame(0, 1, 3, "the last one") + begin(7) + piece(7) + begin(9) + piece(9)));
  EXPECT_EQ(guard->unfinished(), 15u);
  EXPECT_TRUE(Admit(*guard, Cancel(5)));
  EXPECT_EQ(guard->unfinished(), 10u);
  guard->NoteAnswers(Answer(7), now_);
  EXPECT_EQ(guard->unfinished(), 5u);
  // Of calls that are no more, nothing is kept.
  EXPECT_TRUE(Admit(*guard, piece(5) + piece(7)));
  EXPECT_EQ(guard->unfinished(), 5u);
}

TEST_F(StreamGuardTest, ThereIsRoomAgainWhenSomebodyHasLeft) {
  const std::string piece = Http2Frame(0, 0, 1, std::string(kMostUnfinished / 16, 'x'));
  auto guard = Begun();
  ASSERT_TRUE(Admit(*guard, Http2Frame(1, 4, 1, "headers")));
  for (int i = 0; i < 16; ++i) ASSERT_TRUE(Admit(*guard, piece));
  EXPECT_FALSE(budget_.overfull());
  ASSERT_TRUE(Admit(*guard, piece));
  EXPECT_TRUE(budget_.overfull());
  guard.reset();
  EXPECT_FALSE(budget_.overfull());
}

TEST_F(StreamGuardTest, WhenThereIsNoPlaceCallsWaitTheirTurn) {
  Fill();
  ExhaustTurns();
  const auto guard = Begun();
  // What comes before a call, and the frame's own header, may go on.
  EXPECT_EQ(guard->Admit(Http2Frame(6, 0, 0, "question") + Call(1), false, now_), 17u + 9u);
  EXPECT_TRUE(guard->waiting());
  EXPECT_EQ(guard->Admit("headers", true, now_), 0u);
  now_ += milliseconds(1000 / kAbandonedPerSecond);
  EXPECT_EQ(guard->Admit("headers" + kAcknowledgement, true, now_), 7u + 9u);
  EXPECT_FALSE(guard->waiting());
  EXPECT_EQ(guard->offence(), nullptr);
}

TEST_F(StreamGuardTest, APlaceThatIsFreeEndsTheWait) {
  Fill();
  ExhaustTurns();
  const auto guard = Begun();
  EXPECT_FALSE(Admit(*guard, Call(1)));
  AnswerMany();
  EXPECT_EQ(guard->Admit("headers", true, now_), 7u);
}

// Their ends may be behind the call that would wait.
TEST_F(StreamGuardTest, WhoHasManyCallsDoesNotWait) {
  const auto guard = Begun();
  ASSERT_TRUE(Admit(*guard, Calls(kFewCalls)));
  Fill(kFewCalls);
  EXPECT_FALSE(Admit(*guard, Call(101)));
  EXPECT_FALSE(guard->waiting());
  EXPECT_NE(guard->offence(), nullptr);
}

TEST_F(StreamGuardTest, NobodyOvertakesThoseWhoWait) {
  Fill();
  ExhaustTurns();
  const auto first = Begun();
  EXPECT_FALSE(Admit(*first, Call(1)));
  AnswerMany();
  const auto second = Begun();
  EXPECT_FALSE(Admit(*second, Call(1)));
  EXPECT_TRUE(second->waiting());
  EXPECT_GT(first->Admit("headers", true, now_), 0u);
}

// What a client has given up, by cancelling or by leaving, is not gone at once.
TEST_F(StreamGuardTest, AbandonedCallsCountForAWhile) {
  Fill();
  ExhaustTurns();
  others_.clear();
  const auto guard = Begun();
  EXPECT_FALSE(Admit(*guard, Call(1)));
  EXPECT_TRUE(guard->waiting());
  now_ += seconds(1);
  EXPECT_EQ(guard->Admit("headers", true, now_), 7u);
  EXPECT_TRUE(Admit(*guard, Call(1001) + Call(1003)));
}

// Of many who begin and leave, no more come through than are forgotten; and a newcomer does.
TEST_F(StreamGuardTest, AFloodOfConnectionsIsBoundedToo) {
  Fill();
  size_t begun = 0;
  for (int i = 0; i < 10'000; ++i) begun += Admit(*Begun(), Call(1)) ? 1 : 0;
  EXPECT_LT(begun, 50u);
  now_ += seconds(1);
  EXPECT_TRUE(Admit(*Begun(), Call(1)));
}

}  // namespace
}  // namespace greeter::admin
