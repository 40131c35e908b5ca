#include "admin/http2_frames.h"

#include <algorithm>
#include <cstring>

namespace greeter::admin {

std::optional<FrameHeader> FrameScanner::Next(absl::string_view* bytes) {
  const size_t skipped = std::min(skip_, bytes->size());
  skip_ -= skipped;
  bytes->remove_prefix(skipped);
  const size_t taken = std::min(kHeaderBytes - header_size_, bytes->size());
  std::memcpy(header_.data() + header_size_, bytes->data(), taken);
  header_size_ += taken;
  bytes->remove_prefix(taken);
  if (header_size_ < kHeaderBytes) return std::nullopt;

  header_size_ = 0;
  FrameHeader header;
  header.length = size_t{header_[0]} << 16 | size_t{header_[1]} << 8 | header_[2];
  header.type = header_[3];
  header.flags = header_[4];
  // The first bit is reserved.
  header.stream = (uint32_t{header_[5]} & 0x7f) << 24 | uint32_t{header_[6]} << 16 |
                  uint32_t{header_[7]} << 8 | header_[8];
  skip_ = header.length;
  return header;
}

}  // namespace greeter::admin
