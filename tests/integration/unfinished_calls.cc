#include "unfinished_calls.h"

#include <algorithm>
#include <utility>

#include "support/http2.h"

namespace greeter::testing {
namespace {

constexpr size_t kFrameHeader = 9;
constexpr size_t kMessageHeader = 5;
// The least that a server may allow, and gRPC's default.
constexpr size_t kMostInFrame = 16'384;

// RFC 9113, 6.
enum FrameType : uint8_t { kData = 0, kSettings = 4, kPing = 6, kWindowUpdate = 8 };
constexpr uint8_t kAck = 1;
constexpr uint64_t kInitialWindowSize = 4;

uint64_t BigEndian(absl::string_view bytes) {
  uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::string MessageHeader(size_t size) {
  std::string header(kMessageHeader, '\0');
  for (size_t i = 1; i < kMessageHeader; ++i) {
    header[i] = static_cast<char>(size >> (8 * (kMessageHeader - 1 - i)));
  }
  return header;
}

}  // namespace

UnfinishedCalls::UnfinishedCalls(Connection connection, const std::string& path, int count,
                                 size_t size)
    : connection_(std::move(connection)) {
  std::string said = Http2Preface();
  if (!connection_.send(said) || !Hear()) return;
  for (int i = 0; i < count; ++i) {
    const auto stream = static_cast<uint32_t>(2 * i + 1);
    said = Http2Call(stream, path) + Http2Frame(kData, 0, stream, MessageHeader(size));
    if (!connection_.send(said)) return;
    window_ -= kMessageHeader;
    calls_.push_back({stream, size - 1, first_window_ - static_cast<int64_t>(kMessageHeader)});
  }
}

bool UnfinishedCalls::Run() {
  if (calls_.empty()) return false;
  while (SayMore() && Hear()) {
  }
  return true;
}

bool UnfinishedCalls::Hear() {
  const std::string more = connection_.receive();
  heard_ += more;
  size_t from = 0;
  const absl::string_view heard = heard_;
  while (heard.size() - from >= kFrameHeader) {
    const size_t length = BigEndian(heard.substr(from, 3));
    if (heard.size() - from < kFrameHeader + length) break;
    OnFrame(static_cast<uint8_t>(heard[from + 3]), static_cast<uint8_t>(heard[from + 4]),
            static_cast<uint32_t>(BigEndian(heard.substr(from + 5, 4))),
            heard.substr(from + kFrameHeader, length));
    from += kFrameHeader + length;
  }
  heard_.erase(0, from);
  return !more.empty();
}

void UnfinishedCalls::OnFrame(uint8_t type, uint8_t flags, uint32_t stream,
                              absl::string_view payload) {
  if ((flags & kAck) != 0) return;
  if (type == kPing) connection_.send(Http2Frame(kPing, kAck, 0, payload));
  if (type == kWindowUpdate) {
    const auto more = static_cast<int64_t>(BigEndian(payload));
    if (stream == 0) window_ += more;
    for (Call& call : calls_) call.window += call.stream == stream ? more : 0;
  }
  if (type != kSettings) return;
  for (; payload.size() >= 6; payload.remove_prefix(6)) {
    if (BigEndian(payload.substr(0, 2)) != kInitialWindowSize) continue;
    const auto window = static_cast<int64_t>(BigEndian(payload.substr(2, 4)));
    for (Call& call : calls_) call.window += window - first_window_;
    first_window_ = window;
  }
  connection_.send(Http2Acknowledgement());
}

bool UnfinishedCalls::SayMore() {
  for (Call& call : calls_) {
    while (call.left > 0 && call.window > 0 && window_ > 0) {
      const size_t size = std::min({call.left, kMostInFrame, static_cast<size_t>(call.window),
                                    static_cast<size_t>(window_)});
      const std::string piece = Http2Frame(kData, 0, call.stream, std::string(size, 'x'));
      if (!connection_.send(piece)) return false;
      call.left -= size;
      call.window -= static_cast<int64_t>(size);
      window_ -= static_cast<int64_t>(size);
    }
  }
  return true;
}

}  // namespace greeter::testing
