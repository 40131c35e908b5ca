#include "observe/http_request.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "net/address.h"

namespace greeter::observe {
namespace {

const char* Reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return "Service Unavailable";
  }
}

// A request's target, of the forms that a server is asked for (RFC 9112, 3.2).
struct Target {
  std::string path;
  // Of the absolute form, which proxies use.
  std::optional<std::string> host;
};

std::optional<Target> ParseTarget(absl::string_view text) {
  constexpr absl::string_view kScheme = "http://";
  Target target;
  if (absl::StartsWithIgnoreCase(text, kScheme)) {
    text.remove_prefix(kScheme.size());
    const absl::string_view host = text.substr(0, text.find_first_of("/?"));
    // Nor may it name a user (RFC 9110, 4.2.4).
    if (host.empty() || host.front() == ':' || absl::StrContains(host, '@')) return {};
    target.host = std::string(host);
    text.remove_prefix(host.size());
  } else if (!absl::StartsWith(text, "/")) {
    return {};
  }
  const absl::string_view path = text.substr(0, text.find('?'));
  target.path = path.empty() ? "/" : std::string(path);
  return target;
}

bool IsVisible(absl::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), absl::ascii_isgraph);
}

}  // namespace

size_t HeadLength(absl::string_view received) {
  const size_t end = received.find("\r\n\r\n");
  return end == absl::string_view::npos ? 0 : end + 4;
}

std::optional<HttpRequest> ParseHead(absl::string_view head) {
  const std::vector<absl::string_view> lines = absl::StrSplit(head, "\r\n");
  const std::vector<absl::string_view> words = absl::StrSplit(lines.front(), ' ');
  if (words.size() != 3 || !std::all_of(words.begin(), words.end(), IsVisible)) return {};
  if (words[2] != "HTTP/1.1" && words[2] != "HTTP/1.0") return {};
  std::optional<Target> target = ParseTarget(words[1]);
  if (!target.has_value()) return {};

  HttpRequest request;
  request.method = std::string(words[0]);
  request.path = std::move(target->path);
  for (size_t i = 1; i < lines.size() && !lines[i].empty(); ++i) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(lines[i], absl::MaxSplits(':', 1));
    if (!IsVisible(field.first)) return {};
    if (!absl::EqualsIgnoreCase(field.first, "Host")) continue;
    if (request.host.has_value()) return {};
    request.host = std::string(absl::StripAsciiWhitespace(field.second));
  }
  if (words[2] == "HTTP/1.1" && !request.host.has_value()) return {};
  // It counts in place of the header's.
  if (target->host.has_value()) request.host = std::move(target->host);
  return request;
}

bool IsLoopbackName(absl::string_view host) {
  const size_t colon = host.rfind(':');
  if (colon != absl::string_view::npos && host.find(']', colon) == absl::string_view::npos) {
    host = host.substr(0, colon);
  }
  if (host.empty() || host == "unix") return false;
  if (absl::EqualsIgnoreCase(host, "localhost")) return true;
  const absl::StatusOr<net::Address> address = net::Address::Parse(absl::StrCat(host, ":0"));
  return address.ok() && address->is_loopback();
}

std::string ToBytes(const HttpResponse& response, bool with_body) {
  return absl::StrCat(
      "HTTP/1.1 ", response.status, " ", Reason(response.status),
      "\r\nContent-Type: ", response.content_type, "\r\nContent-Length: ", response.body.size(),
      "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff"
      "\r\nReferrer-Policy: no-referrer"
      "\r\nCross-Origin-Resource-Policy: same-origin"
      "\r\nContent-Security-Policy: ",
      response.content_security_policy, response.status == 405 ? "\r\nAllow: GET, HEAD" : "",
      "\r\nConnection: close\r\n\r\n", with_body ? response.body : "");
}

}  // namespace greeter::observe
