// The calls that are being answered: lets a server that stops refuse new ones, end those that would
// go on for ever, and wait until the others have their answer.

#ifndef GREETER_ADMIN_OPEN_CALLS_H_
#define GREETER_ADMIN_OPEN_CALLS_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace greeter::admin {

// Outlives the gRPC server whose calls it counts. Any thread.
class OpenCalls {
 public:
  OpenCalls() = default;
  ~OpenCalls() = default;
  OpenCalls(const OpenCalls&) = delete;
  OpenCalls& operator=(const OpenCalls&) = delete;

  // A call begins. `end`, if any, is called when the server stops, at once if it has stopped
  // already; it may be called from any thread, and shortly after Leave(). Returns the call's
  // number, for Leave().
  uint64_t Enter(std::function<void()> end);
  // It has been answered, or is beyond answering.
  void Leave(uint64_t call);

  // From now on stopping() is true, and every call's `end` is called. Idempotent.
  void Stop();
  bool stopping() const;

  // Waits until no call is left, for `timeout` at most. False: some are.
  bool WaitUntilNone(absl::Duration timeout);

  // What a call is answered when the server is stopping.
  static absl::Status StoppingError();

 private:
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable none_;
  std::map<uint64_t, std::function<void()>> calls_;
  uint64_t last_ = 0;
  bool stopping_ = false;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_OPEN_CALLS_H_
