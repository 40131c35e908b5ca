#include "admin/open_calls.h"

#include <utility>
#include <vector>

namespace greeter::admin {

uint64_t OpenCalls::Enter(std::function<void()> end) {
  bool stopping = false;
  uint64_t call = 0;
  {
    const std::lock_guard lock(mutex_);
    call = ++last_;
    stopping = stopping_;
    calls_.emplace(call, end);
  }
  if (stopping && end) end();
  return call;
}

void OpenCalls::Leave(uint64_t call) {
  const std::lock_guard lock(mutex_);
  calls_.erase(call);
  if (calls_.empty()) none_.notify_all();
}

void OpenCalls::Stop() {
  // Called without the lock, for a call that ends may leave at once.
  std::vector<std::function<void()>> ends;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [call, end] : calls_) {
      if (end) ends.push_back(end);
    }
  }
  for (const auto& end : ends) end();
}

bool OpenCalls::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

bool OpenCalls::WaitUntilNone(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  return none_.wait_for(lock, absl::ToChronoNanoseconds(timeout),
                        [this] { return calls_.empty(); });
}

absl::Status OpenCalls::StoppingError() {
  return absl::UnavailableError("greeterd is stopping; try again once it is back");
}

}  // namespace greeter::admin
