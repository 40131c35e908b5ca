#include "support/http2.h"

#include "absl/strings/str_cat.h"

namespace greeter::testing {
namespace {

// The low `bytes` of `number`, the highest first.
std::string BigEndian(uint64_t number, int bytes) {
  std::string text;
  while (bytes-- > 0) text.push_back(static_cast<char>(number >> (8 * bytes)));
  return text;
}

// A header field that is not indexed (RFC 7541, 6.2.2); both texts are shorter than 127 bytes.
std::string Field(absl::string_view name, absl::string_view value) {
  return absl::StrCat(BigEndian(0, 1), BigEndian(name.size(), 1), name, BigEndian(value.size(), 1),
                      value);
}

}  // namespace

std::string Http2Frame(uint8_t type, uint8_t flags, uint32_t stream, absl::string_view payload) {
  return absl::StrCat(BigEndian(payload.size(), 3), BigEndian(type, 1), BigEndian(flags, 1),
                      BigEndian(stream, 4), payload);
}

std::string Http2Preface() {
  return absl::StrCat("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Http2Frame(4, 0, 0));
}

std::string Http2Acknowledgement() { return Http2Frame(4, 1, 0); }

std::string Http2Call(uint32_t stream, absl::string_view path) {
  return Http2Frame(
      1, 4, stream,
      absl::StrCat(Field(":method", "POST"), Field(":scheme", "http"), Field(":path", path),
                   Field(":authority", "test"), Field("content-type", "application/grpc"),
                   Field("te", "trailers")));
}

std::string Http2Cancel(uint32_t stream) {
  return Http2Frame(3, 0, stream, absl::string_view("\0\0\0\x08", 4));
}

}  // namespace greeter::testing
