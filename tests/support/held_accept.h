// accept4(2) that keeps its worker waiting as a test wants it, for who is given a net::AcceptCall.

#ifndef GREETER_TESTS_SUPPORT_HELD_ACCEPT_H_
#define GREETER_TESTS_SUPPORT_HELD_ACCEPT_H_

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "net/accept.h"

namespace greeter::testing {

// Outlives whoever accepts, and is released before. Any thread.
class HeldAccept {
 public:
  enum class When { kAccepted, kEmpty };

  // The next call that accepts a connection, or finds none, returns only after Release().
  void HoldNext(When when) {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
    when_ = when;
  }
  // Waits until a call is held; false if that takes too long.
  bool WaitUntilHeld() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [this] { return held_; });
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    wanted_ = false;
    held_ = false;
    changed_.notify_all();
  }

  net::AcceptCall Call() {
    return [this](int socket, sockaddr* peer, socklen_t* length, int flags) {
      const int accepted = accept4(socket, peer, length, flags);
      const int error = errno;
      std::unique_lock lock(mutex_);
      if (wanted_ && (when_ == When::kAccepted) == (accepted >= 0)) {
        wanted_ = false;
        held_ = true;
        changed_.notify_all();
        changed_.wait(lock, [this] { return !held_; });
      }
      errno = error;
      return accepted;
    };
  }

 private:
  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false;
  bool held_ = false;
  When when_ = When::kAccepted;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_SUPPORT_HELD_ACCEPT_H_
