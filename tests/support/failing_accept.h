// accept4(2) that fails as a test wants it, for who is given a net::AcceptCall.

#ifndef GREETER_TESTS_SUPPORT_FAILING_ACCEPT_H_
#define GREETER_TESTS_SUPPORT_FAILING_ACCEPT_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "net/accept.h"

namespace greeter::testing {

// Outlives whoever accepts. Any thread.
class FailingAccept {
 public:
  // The next `times` calls fail with `error`, though connections wait. Of all sockets, or of those
  // of `port` alone.
  void Fail(int error, int64_t times = INT64_MAX, uint16_t port = 0) {
    error_ = error;
    port_ = port;
    left_ = times;
  }
  void Recover() { left_ = 0; }
  // Calls made to fail so far.
  uint64_t failed() const { return failed_; }
  // Connections accepted so far.
  uint64_t accepted() const { return accepted_; }

  net::AcceptCall Call() {
    return [this](int socket, sockaddr* peer, socklen_t* length, int flags) {
      if ((port_ == 0 || port_ == PortOf(socket)) && left_ > 0 && left_.fetch_sub(1) > 0) {
        ++failed_;
        errno = error_;
        return -1;
      }
      const int accepted = accept4(socket, peer, length, flags);
      if (accepted >= 0) ++accepted_;
      return accepted;
    };
  }

 private:
  static uint16_t PortOf(int socket) {
    sockaddr_in address = {};
    socklen_t length = sizeof(address);
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(address.sin_port);
  }

  std::atomic<int> error_ = 0;
  std::atomic<uint16_t> port_ = 0;
  std::atomic<int64_t> left_ = 0;
  std::atomic<uint64_t> failed_ = 0;
  std::atomic<uint64_t> accepted_ = 0;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_SUPPORT_FAILING_ACCEPT_H_
