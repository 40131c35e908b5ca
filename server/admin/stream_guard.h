// Bounds what a client may say to gRPC, by looking at the header of every frame of both sides.
//
// gRPC 1.51 trusts its clients more than strangers deserve. Each of these filled the memory, or
// kept a processor busy:
// - Calls given up as soon as they were begun: see CallBudget. Who does that again and again is cut
//   off, whoever is one of many waits. It is the same if the client says what makes gRPC reset its
//   calls ("MadeYouReset", CVE-2025-8671).
// - Calls begun before the client has acknowledged our SETTINGS, which say how many may run: gRPC
//   doesn't count them until then (RFC 9113, 6.5.3).
// - Endless header blocks, in CONTINUATION frames or one: gRPC holds what it has of them before it
//   looks at their size.
// - Frames that cost the client nothing: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, tiny DATA.
// - Requests that lack their last byte for ever: see CallBudget.

#ifndef GREETER_ADMIN_STREAM_GUARD_H_
#define GREETER_ADMIN_STREAM_GUARD_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "admin/call_budget.h"
#include "admin/http2_frames.h"
#include "base/rate_limit.h"

namespace greeter::admin {

// Calls before the acknowledgement. A client that waits for our SETTINGS first makes none.
inline constexpr int kMostEarlyCalls = 16;
// Calls at the same time; gRPC says fewer (server_limits.cc), this is for who doesn't listen.
inline constexpr size_t kMostOpenCalls = 128;
// Calls given up: in a second, and at once.
inline constexpr uint32_t kCancelsPerSecond = 10;
inline constexpr uint32_t kMostCancels = 100;
// Of one call. gRPC allows 8 KiB and refuses politely what is more; beyond this the connection
// ends.
inline constexpr size_t kMostHeaderBytes = size_t{64} * 1024;
// Frames that are neither a call nor a piece of a message worth the name: in a second, at once, and
// for each call.
inline constexpr uint32_t kOtherFramesPerSecond = 1000;
inline constexpr uint32_t kMostOtherFrames = 10'000;
inline constexpr int kOtherFramesPerCall = 8;

// Of one connection. One owner, one thread, that of `budget`.
class StreamGuard {
 public:
  using Time = CallBudget::Time;

  // `budget` outlives this.
  explicit StreamGuard(CallBudget* budget) : budget_(budget) {}
  // Calls that are open then are abandoned.
  ~StreamGuard();
  StreamGuard(const StreamGuard&) = delete;
  StreamGuard& operator=(const StreamGuard&) = delete;

  // `bytes` come next from the client. Returns how many of them may go on to gRPC: all; or as many
  // as come before a call that has to wait, in which case the rest comes again, with the next call,
  // when it is the connection's turn (`waited`); or the connection is to be cut off.
  size_t Admit(absl::string_view bytes, bool waited, Time now);
  bool waiting() const { return waiting_; }
  // Why it is to be cut off: "it …". Null: it isn't.
  const char* offence() const { return offence_; }
  // Somebody has to be cut off, and it is this one.
  void Condemn(const char* offence) { offence_ = offence; }
  // Bytes of its requests that have not come whole.
  size_t unfinished() const { return unfinished_; }

  // `bytes` come next from gRPC. The connection may have to be cut off then: offence().
  void NoteAnswers(absl::string_view bytes, Time now);

 private:
  // Sets waiting_ or offence_ if the frame may not go on.
  void Judge(const FrameHeader& frame, Time now);
  // The last call wants to begin. Sets waiting_ or offence_ if it may not.
  void TryBegin(bool waited, Time now);
  // A frame of a call's request; of no call's, if it is not open.
  void NoteRequest(const FrameHeader& frame);
  // Whether the call was open.
  bool EndCall(uint32_t stream);
  // A call has ended without an answer. Sets offence_ to `again` if that happens all the time.
  void Abandon(const char* again, Time now);

  struct Call {
    uint32_t stream;
    // Bytes of its request, while more is to come.
    size_t unfinished = 0;
  };
  std::vector<Call>::iterator FindCall(uint32_t stream);
  // All of its request has come, or no more of it matters.
  void EndRequest(Call* call);

  CallBudget* const budget_;

  FrameScanner client_{kHttp2PrefaceBytes};
  FrameScanner server_{0};
  bool server_spoke_ = false;
  bool acknowledged_ = false;
  bool waiting_ = false;
  const char* offence_ = nullptr;
  // Its last call's, which waits while waiting_.
  uint32_t last_stream_ = 0;
  int early_calls_ = 0;
  std::vector<Call> open_;
  // The sum of theirs.
  size_t unfinished_ = 0;
  // Of the last call, so far.
  size_t header_bytes_ = 0;
  base::RateLimit cancels_;
  base::RateLimit other_frames_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_STREAM_GUARD_H_
