// Bounds the calls that a client may begin before it is bound by our SETTINGS.
//
// gRPC says there how many calls may run at the same time, but 1.51 holds a client to it only once
// the client has acknowledged them (RFC 9113, 6.5.3). One that never does may begin any number,
// each of which takes 10 KiB and more: ten connections came to a gigabyte. So what a client says is
// looked at until it has acknowledged, one frame's header after the other.

#ifndef GREETER_ADMIN_STREAM_GUARD_H_
#define GREETER_ADMIN_STREAM_GUARD_H_

#include <array>
#include <cstddef>

#include "absl/strings/string_view.h"

namespace greeter::admin {

// Calls before the acknowledgement. A client that waits for our SETTINGS first makes none.
inline constexpr int kMostEarlyCalls = 16;

// Of one connection. One owner, one thread.
class StreamGuard {
 public:
  // The server has said something, which begins with its SETTINGS: before that there is nothing to
  // acknowledge.
  void ServerSpoke() { server_spoke_ = true; }

  // `bytes` come next from the client. False if there are more calls in them than may be.
  bool Admit(absl::string_view bytes);

 private:
  static constexpr size_t kPrefaceBytes = 24;
  static constexpr size_t kHeaderBytes = 9;

  // Bytes before the next frame's header: at first the connection's preface.
  size_t skip_ = kPrefaceBytes;
  std::array<unsigned char, kHeaderBytes> header_ = {};
  size_t header_size_ = 0;
  int calls_ = 0;
  bool server_spoke_ = false;
  bool acknowledged_ = false;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_STREAM_GUARD_H_
