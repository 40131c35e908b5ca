#include "admin/stream_guard.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace greeter::admin {
namespace {

// A piece of a message that is smaller is as good as none.
constexpr size_t kLeastData = 1024;

}  // namespace

StreamGuard::~StreamGuard() {
  if (waiting_) budget_->EndWaiting();
  budget_->RemoveUnfinished(unfinished_);
  budget_->Abandoned(open_.size(), std::chrono::steady_clock::now());
}

size_t StreamGuard::Admit(absl::string_view bytes, bool waited, Time now) {
  absl::string_view rest = bytes;
  if (waiting_) {
    TryBegin(waited, now);
    if (waiting_ || offence_ != nullptr) return 0;
  }
  while (const std::optional<FrameHeader> frame = client_.Next(&rest)) {
    Judge(*frame, now);
    // gRPC may have a frame's header: it does nothing until it has the rest.
    if (waiting_ || offence_ != nullptr) break;
  }
  return bytes.size() - rest.size();
}

void StreamGuard::Judge(const FrameHeader& frame, Time now) {
  if (frame.type == FrameHeader::kHeaders) header_bytes_ = 0;
  if (frame.type == FrameHeader::kHeaders || frame.type == FrameHeader::kContinuation) {
    header_bytes_ += frame.length;
    if (header_bytes_ > kMostHeaderBytes) offence_ = "its metadata is endless";
  }
  if (frame.type == FrameHeader::kHeaders && frame.stream > last_stream_) {
    last_stream_ = frame.stream;
    if (frame.length == 0) offence_ = "it began a call without saying which";
    if (!acknowledged_ && ++early_calls_ > kMostEarlyCalls) {
      offence_ = "it began calls without acknowledging how many it may";
    }
    if (open_.size() == kMostOpenCalls) offence_ = "it began more calls than it may";
    if (offence_ == nullptr) TryBegin(/*waited=*/false, now);
    return;
  }
  if (frame.type == FrameHeader::kReset && EndCall(frame.stream)) {
    return Abandon("it cancelled one call after another", now);
  }
  if (frame.type == FrameHeader::kSettings && (frame.flags & FrameHeader::kAck) != 0 &&
      server_spoke_) {
    acknowledged_ = true;
  }
  if (frame.type == FrameHeader::kData || frame.type == FrameHeader::kHeaders) NoteRequest(frame);
  if (frame.type == FrameHeader::kData && frame.length >= kLeastData) return;
  if (!other_frames_.TryTake(kOtherFramesPerSecond, kMostOtherFrames, now)) {
    offence_ = "it sent frames that mean nothing";
  }
}

void StreamGuard::TryBegin(bool waited, Time now) {
  const CallBudget::Verdict verdict = budget_->Ask(open_.size(), waited, now);
  const bool waits = verdict == CallBudget::Verdict::kWait;
  if (waits && !waiting_) budget_->BeginWaiting();
  if (!waits && waiting_) budget_->EndWaiting();
  waiting_ = waits;
  if (verdict == CallBudget::Verdict::kRefuse) {
    offence_ = "it had many calls open when there was no place for more";
  }
  if (verdict != CallBudget::Verdict::kBegin) return;
  open_.push_back({last_stream_});
  for (int i = 0; i < kOtherFramesPerCall; ++i) other_frames_.GiveBack(kOtherFramesPerSecond);
}

std::vector<StreamGuard::Call>::iterator StreamGuard::FindCall(uint32_t stream) {
  return std::find_if(open_.begin(), open_.end(),
                      [stream](const Call& call) { return call.stream == stream; });
}

void StreamGuard::NoteRequest(const FrameHeader& frame) {
  const auto call = FindCall(frame.stream);
  if (call == open_.end()) return;
  if ((frame.flags & FrameHeader::kEndStream) != 0) return EndRequest(&*call);
  if (frame.type != FrameHeader::kData) return;
  call->unfinished += frame.length;
  unfinished_ += frame.length;
  budget_->AddUnfinished(frame.length);
}

void StreamGuard::EndRequest(Call* call) {
  budget_->RemoveUnfinished(call->unfinished);
  unfinished_ -= std::exchange(call->unfinished, 0);
}

bool StreamGuard::EndCall(uint32_t stream) {
  const auto call = FindCall(stream);
  if (call == open_.end()) return false;
  EndRequest(&*call);
  *call = open_.back();
  open_.pop_back();
  return true;
}

void StreamGuard::Abandon(const char* again, Time now) {
  budget_->Abandoned(1, now);
  if (!cancels_.TryTake(kCancelsPerSecond, kMostCancels, now)) offence_ = again;
}

void StreamGuard::NoteAnswers(absl::string_view bytes, Time now) {
  server_spoke_ = true;
  while (const std::optional<FrameHeader> frame = server_.Next(&bytes)) {
    const bool is_reset = frame->type == FrameHeader::kReset;
    const bool is_answer =
        (frame->type == FrameHeader::kData || frame->type == FrameHeader::kHeaders) &&
        (frame->flags & FrameHeader::kEndStream) != 0;
    if (!(is_reset || is_answer) || !EndCall(frame->stream)) continue;
    if (is_answer) {
      budget_->Answered();
    } else {
      Abandon("it had one call after another reset", now);
    }
  }
}

}  // namespace greeter::admin
