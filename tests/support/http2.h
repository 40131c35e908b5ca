// HTTP/2 by hand (RFC 9113), for what no proper client would say. Any thread.

#ifndef GREETER_TESTS_SUPPORT_HTTP2_H_
#define GREETER_TESTS_SUPPORT_HTTP2_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace greeter::testing {

// A frame; 0 is the connection's own stream.
std::string Http2Frame(uint8_t type, uint8_t flags, uint32_t stream,
                       absl::string_view payload = "");

// What a client says first: the preface and empty SETTINGS.
std::string Http2Preface();

// The acknowledgement of the server's SETTINGS.
std::string Http2Acknowledgement();

// The HEADERS frame of a gRPC call of `path`, "/package.Service/Method", whose message is still to
// come.
std::string Http2Call(uint32_t stream, absl::string_view path);

// Its cancellation.
std::string Http2Cancel(uint32_t stream);

}  // namespace greeter::testing

#endif  // GREETER_TESTS_SUPPORT_HTTP2_H_
