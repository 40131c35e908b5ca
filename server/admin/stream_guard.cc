#include "admin/stream_guard.h"

#include <algorithm>

namespace greeter::admin {
namespace {

// RFC 9113, 4.1 and 6.
constexpr unsigned char kHeaders = 1;
constexpr unsigned char kSettings = 4;
constexpr unsigned char kAck = 1;

}  // namespace

bool StreamGuard::Admit(absl::string_view bytes) {
  while (!acknowledged_ && !bytes.empty()) {
    if (skip_ > 0) {
      const size_t skipped = std::min(skip_, bytes.size());
      skip_ -= skipped;
      bytes.remove_prefix(skipped);
      continue;
    }
    header_[header_size_++] = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (header_size_ < kHeaderBytes) continue;
    header_size_ = 0;
    skip_ = size_t{header_[0]} << 16 | size_t{header_[1]} << 8 | header_[2];
    const unsigned char type = header_[3];
    if (type == kHeaders && ++calls_ > kMostEarlyCalls) return false;
    if (type == kSettings && (header_[4] & kAck) != 0 && server_spoke_) acknowledged_ = true;
  }
  return true;
}

}  // namespace greeter::admin
