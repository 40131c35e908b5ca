// As much of HTTP/1.1 (RFC 9112) as reading a few documents takes: a request's head, an answer.

#ifndef GREETER_OBSERVE_HTTP_REQUEST_H_
#define GREETER_OBSERVE_HTTP_REQUEST_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace greeter::observe {

// A head longer than this is refused.
inline constexpr size_t kMaxHeadBytes = 8192;

struct HttpRequest {
  std::string method;
  // Without what follows a "?".
  std::string path;
  // The host that is asked: the Host header's, which HTTP/1.0 may leave out, or the target's, where
  // that names one.
  std::optional<std::string> host;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string content_security_policy = "default-src 'none'; frame-ancestors 'none'";
};

// The length of the head that `received` begins with, up to and including its empty line; 0 if its
// end has not come yet. Any thread.
size_t HeadLength(absl::string_view received);

// Reads a head as HeadLength() delimits it. Unset if it is none, or says contradicting things of
// its host. Any thread.
std::optional<HttpRequest> ParseHead(absl::string_view head);

// Whether `host`, an HttpRequest's, is a name of this machine's loopback. Any thread.
bool IsLoopbackName(absl::string_view host);

// The answer as it is sent; to HEAD, without the body. It is the connection's last. Any thread.
std::string ToBytes(const HttpResponse& response, bool with_body);

}  // namespace greeter::observe

#endif  // GREETER_OBSERVE_HTTP_REQUEST_H_
