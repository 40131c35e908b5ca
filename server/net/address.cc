#include "net/address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace greeter::net {
namespace {

constexpr char kForms[] = "write host:port, [v6]:port, :port or unix:/path";

absl::Status BadAddress(absl::string_view text, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("address \"", text, "\": ", what));
}

absl::StatusOr<uint16_t> ParsePort(absl::string_view text, absl::string_view port) {
  const bool digits = !port.empty() && std::all_of(port.begin(), port.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  if (!digits) {
    return BadAddress(text, absl::StrCat("the port \"", port, "\" is no number; ", kForms,
                                         " with a port from 0 to 65535"));
  }
  uint32_t number = 0;
  if (!absl::SimpleAtoi(port, &number) || number > 65535) {
    return BadAddress(text, absl::StrCat("the port ", port, " is beyond 65535"));
  }
  return static_cast<uint16_t>(number);
}

// "fe80::1%eth0": a link-local address needs its interface.
bool ParseIpv6(absl::string_view host, sockaddr_in6* address) {
  const size_t percent = host.find('%');
  if (percent != absl::string_view::npos) {
    address->sin6_scope_id = if_nametoindex(std::string(host.substr(percent + 1)).c_str());
    if (address->sin6_scope_id == 0) return false;
    host = host.substr(0, percent);
  }
  return inet_pton(AF_INET6, std::string(host).c_str(), &address->sin6_addr) == 1;
}

}  // namespace

absl::StatusOr<Address> Address::ParseUnix(absl::string_view text, absl::string_view path) {
  Address address;
  sockaddr_un& to = address.storage_.unix_path;
  if (path.empty() || path[0] != '/') {
    return BadAddress(text, "the path of a unix socket begins with \"/\"");
  }
  // Two listeners that take turns at removing each other's file must be told apart by their paths.
  const std::string plain = std::filesystem::path(std::string(path)).lexically_normal().string();
  if (plain != path) {
    return BadAddress(text,
                      absl::StrCat("write the path without \".\", \"..\" and \"//\": ", plain));
  }
  if (path.find('\0') != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("address \"", absl::CHexEscape(text), "\": the path holds a NUL byte"));
  }
  if (path.size() >= sizeof(to.sun_path)) {
    return BadAddress(text,
                      absl::StrCat("the path has ", path.size(), " bytes; a unix socket's has ",
                                   sizeof(to.sun_path) - 1, " at most"));
  }
  to.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), to.sun_path);
  address.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

absl::StatusOr<Address> Address::Parse(absl::string_view text) {
  absl::string_view path = text;
  if (absl::ConsumePrefix(&path, "unix:")) return ParseUnix(text, path);

  // inet_pton(3) would stop there.
  if (text.find('\0') != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("address \"", absl::CHexEscape(text), "\" holds a NUL byte; ", kForms));
  }
  const size_t colon = text.rfind(':');
  if (text.empty()) return absl::InvalidArgumentError(absl::StrCat("address is empty; ", kForms));
  if (colon == absl::string_view::npos || text.back() == ']') {
    return BadAddress(text, absl::StrCat("there is no port; ", kForms));
  }
  absl::string_view host = text.substr(0, colon);
  const absl::StatusOr<uint16_t> port = ParsePort(text, text.substr(colon + 1));
  if (!port.ok()) return port.status();

  Address address;
  if (host.empty()) {
    address.storage_.v6.sin6_family = AF_INET6;
    address.storage_.v6.sin6_port = htons(*port);
    address.size_ = sizeof(sockaddr_in6);
    address.dual_stack_ = true;
    return address;
  }
  if (absl::ConsumePrefix(&host, "[")) {
    sockaddr_in6& v6 = address.storage_.v6;
    if (!absl::ConsumeSuffix(&host, "]") || !ParseIpv6(host, &v6)) {
      return BadAddress(text,
                        "between the brackets there is no IPv6 address of this machine's form");
    }
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(*port);
    address.size_ = sizeof(sockaddr_in6);
    if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) return address;
    return Parse(absl::StrCat(address.host(), ":", *port));
  }
  if (host.find(':') != absl::string_view::npos) {
    return BadAddress(text, "an IPv6 address is written in brackets, as in [::1]:9190");
  }
  sockaddr_in& v4 = address.storage_.v4;
  const std::string literal = host == "localhost" ? "127.0.0.1" : std::string(host);
  if (inet_pton(AF_INET, literal.c_str(), &v4.sin_addr) != 1) {
    return BadAddress(text, absl::StrCat("\"", host,
                                         "\" is no IP address (names other than localhost are not "
                                         "looked up); ",
                                         kForms));
  }
  v4.sin_family = AF_INET;
  v4.sin_port = htons(*port);
  address.size_ = sizeof(sockaddr_in);
  return address;
}

Address Address::FromSockaddr(const sockaddr* from, socklen_t length, bool dual_stack) {
  Address address;
  address.size_ = std::min<socklen_t>(length, sizeof(Storage));
  std::memcpy(&address.storage_, from, address.size_);
  address.dual_stack_ = dual_stack;
  return address;
}

std::string Address::host() const {
  std::array<char, INET6_ADDRSTRLEN> text = {};
  if (family() == AF_INET) {
    inet_ntop(AF_INET, &storage_.v4.sin_addr, text.data(), text.size());
  } else if (family() == AF_INET6) {
    const in6_addr& v6 = storage_.v6.sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
      inet_ntop(AF_INET, &v6.s6_addr[12], text.data(), text.size());
    } else {
      inet_ntop(AF_INET6, &v6, text.data(), text.size());
      std::array<char, IF_NAMESIZE> interface = {};
      const uint32_t scope = storage_.v6.sin6_scope_id;
      if (scope != 0 && if_indextoname(scope, interface.data()) != nullptr) {
        return absl::StrCat(text.data(), "%", interface.data());
      }
    }
  }
  return text.data();
}

uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(storage_.v4.sin_port);
  if (family() == AF_INET6) return ntohs(storage_.v6.sin6_port);
  return 0;
}

Address Address::WithPort(uint16_t port) const {
  Address other = *this;
  if (family() == AF_INET) other.storage_.v4.sin_port = htons(port);
  if (family() == AF_INET6) other.storage_.v6.sin6_port = htons(port);
  return other;
}

std::string Address::path() const {
  if (!is_unix() || size_ <= offsetof(sockaddr_un, sun_path)) return "";
  const size_t capacity = size_ - offsetof(sockaddr_un, sun_path);
  return {storage_.unix_path.sun_path, strnlen(storage_.unix_path.sun_path, capacity)};
}

std::string Address::ToString() const {
  if (is_unix()) return absl::StrCat("unix:", path());
  if (dual_stack_ && is_wildcard()) return absl::StrCat(":", port());
  const std::string ip = host();
  if (ip.find(':') == std::string::npos) return absl::StrCat(ip, ":", port());
  return absl::StrCat("[", ip, "]:", port());
}

bool Address::is_wildcard() const {
  if (family() == AF_INET) return storage_.v4.sin_addr.s_addr == htonl(INADDR_ANY);
  if (family() == AF_INET6) return IN6_IS_ADDR_UNSPECIFIED(&storage_.v6.sin6_addr);
  return false;
}

bool Address::is_loopback() const {
  if (family() == AF_INET) return ntohl(storage_.v4.sin_addr.s_addr) >> 24 == 127;
  if (family() == AF_INET6) return IN6_IS_ADDR_LOOPBACK(&storage_.v6.sin6_addr);
  return true;
}

bool Address::Overlaps(const Address& other) const {
  if (is_unix() || other.is_unix()) {
    return is_unix() && other.is_unix() && path() == other.path();
  }
  if (port() == 0 || port() != other.port()) return false;
  if (dual_stack_ || other.dual_stack_) return true;
  if (family() != other.family()) return false;
  return is_wildcard() || other.is_wildcard() || host() == other.host();
}

Address Address::WithoutIpv6() const {
  if (!dual_stack_) return *this;
  Address other;
  other.storage_.v4.sin_family = AF_INET;
  other.storage_.v4.sin_port = htons(port());
  other.size_ = sizeof(sockaddr_in);
  return other;
}

}  // namespace greeter::net
