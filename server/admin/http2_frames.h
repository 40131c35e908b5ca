// The headers of HTTP/2's frames (RFC 9113, 4.1), found in a stream of bytes that comes in pieces.

#ifndef GREETER_ADMIN_HTTP2_FRAMES_H_
#define GREETER_ADMIN_HTTP2_FRAMES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace greeter::admin {

// What a client says before its first frame (3.4).
inline constexpr size_t kHttp2PrefaceBytes = 24;

// A value.
struct FrameHeader {
  // RFC 9113, 6.
  enum Type : uint8_t { kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kContinuation = 9 };
  static constexpr uint8_t kAck = 1;
  static constexpr uint8_t kEndStream = 1;

  // Of the payload, in bytes.
  size_t length = 0;
  uint8_t type = 0;
  uint8_t flags = 0;
  // 0 for the connection's own.
  uint32_t stream = 0;
};

// Of one direction of one connection. One owner, one thread.
class FrameScanner {
 public:
  // `before` bytes come before the first frame.
  explicit FrameScanner(size_t before) : skip_(before) {}

  // Goes on in `bytes`, and removes from it what has been looked at: up to the end of the next
  // frame's header, which is returned, or all of it.
  std::optional<FrameHeader> Next(absl::string_view* bytes);

 private:
  static constexpr size_t kHeaderBytes = 9;

  // Bytes before the next frame's header.
  size_t skip_;
  std::array<unsigned char, kHeaderBytes> header_ = {};
  size_t header_size_ = 0;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_HTTP2_FRAMES_H_
