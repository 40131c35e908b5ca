#include "load/target.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace greeter::load {
namespace {

absl::Status Refuse(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      "address \"", text, "\": ", why, "; write 127.0.0.1:9190, [::1]:9190, :9190 or unix:/path"));
}

absl::StatusOr<Target> UnixTarget(absl::string_view text, absl::string_view path) {
  sockaddr_un address = {};
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return Refuse(text, absl::StrCat("a unix socket's path has 1 to ", sizeof(address.sun_path) - 1,
                                     " bytes"));
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  Target target;
  target.text = std::string(text);
  target.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  std::memcpy(&target.address, &address, sizeof(address));
  return target;
}

}  // namespace

absl::StatusOr<Target> ParseTarget(absl::string_view text) {
  absl::string_view path = text;
  if (absl::ConsumePrefix(&path, "unix:")) return UnixTarget(text, path);

  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return Refuse(text, "the port is missing");
  int port = 0;
  if (!absl::SimpleAtoi(text.substr(colon + 1), &port) || port < 1 || port > 65535) {
    return Refuse(text, "the port is a number from 1 to 65535");
  }
  std::string host(text.substr(0, colon));
  Target target;
  target.text = std::string(text);
  if (absl::StartsWith(host, "[") && absl::EndsWith(host, "]")) {
    sockaddr_in6 v6 = {};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<uint16_t>(port));
    if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6.sin6_addr) != 1) {
      return Refuse(text, "not an IPv6 address");
    }
    target.length = sizeof(v6);
    std::memcpy(&target.address, &v6, sizeof(v6));
    return target;
  }
  if (host.empty() || host == "localhost") host = "127.0.0.1";
  sockaddr_in v4 = {};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) != 1) {
    return Refuse(text, "not an IP address");
  }
  target.length = sizeof(v4);
  std::memcpy(&target.address, &v4, sizeof(v4));
  return target;
}

}  // namespace greeter::load
