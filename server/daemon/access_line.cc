#include "daemon/access_line.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <array>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "daemon/logging.h"
#include "net/address.h"

namespace greeter::daemon {
namespace {

using data_plane::ConnectionRecord;
using data_plane::Outcome;

const char* NameOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kCompleted:
      return "completed";
    case Outcome::kTimedOut:
      return "timed_out";
    case Outcome::kReset:
      return "reset";
    case Outcome::kRejected:
      return "rejected";
  }
  return "";
}

int64_t Milliseconds(std::chrono::steady_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// With three digits after the point.
void AppendMilliseconds(std::chrono::nanoseconds duration, std::string* out) {
  const int64_t microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  absl::StrAppend(out, microseconds / 1000, ".", absl::Dec(microseconds % 1000, absl::kZeroPad3));
}

net::Address AddressOf(const sockaddr_in6& remote) {
  return net::Address::FromSockaddr(reinterpret_cast<const sockaddr*>(&remote), sizeof(remote));
}

net::Address AddressOf(const sockaddr_storage& local) {
  return net::Address::FromSockaddr(reinterpret_cast<const sockaddr*>(&local), sizeof(local));
}

// "10.0.0.7:51234", "[2001:db8::7]:51234".
std::string EndpointText(const net::Address& address) {
  if (address.is_unix()) {
    return address.path().empty() ? "unix" : "unix:" + absl::CHexEscape(address.path());
  }
  const std::string host = address.host();
  const bool v6 = host.find(':') != std::string::npos;
  return absl::StrCat(v6 ? "[" : "", host, v6 ? "]:" : ":", address.port());
}

void AppendEndpoint(const char* which, const net::Address& address, std::string* out) {
  if (address.is_unix()) {
    const std::string path = address.path().empty() ? "unix" : address.path();
    absl::StrAppend(out, ",\"", which, "_addr\":", InQuotes(path));
  } else {
    absl::StrAppend(out, ",\"", which, "_addr\":\"", address.host(), "\"");
  }
  absl::StrAppend(out, ",\"", which, "_port\":", address.is_unix() ? 0 : address.port());
}

}  // namespace

void AccessLines::SetClock(absl::Time now, std::chrono::steady_clock::time_point steady) {
  offset_ms_ = absl::ToUnixMillis(now) - Milliseconds(steady);
}

void AccessLines::AppendTime(std::chrono::steady_clock::time_point when, std::string* out) {
  const int64_t milliseconds = Milliseconds(when) + offset_ms_;
  const int64_t second = milliseconds / 1000;
  if (second != second_) {
    second_ = second;
    second_text_ =
        absl::FormatTime("%Y-%m-%dT%H:%M:%S.", absl::FromUnixSeconds(second), absl::UTCTimeZone());
  }
  absl::StrAppend(out, second_text_, absl::Dec(milliseconds % 1000, absl::kZeroPad3), "Z");
}

void AccessLines::Append(const ConnectionRecord& record, std::string* out) {
  const net::Address remote = AddressOf(record.remote);
  const net::Address local = AddressOf(record.local);
  const bool json = format_ == LogFormat::kJson;
  const bool sent = record.sent != ConnectionRecord::kNever;
  if (json) out->append("{\"time\":\"");
  AppendTime(record.accepted, out);
  if (json) {
    absl::StrAppend(out, "\",\"listener\":\"", record.listener.data(), "\"");
    AppendEndpoint("remote", remote, out);
    AppendEndpoint("local", local, out);
    absl::StrAppend(out, ",\"outcome\":\"", NameOf(record.outcome), "\",\"bytes\":", record.bytes,
                    ",\"sent_ms\":");
  } else {
    absl::StrAppend(out, " ", record.listener.data(), " ", EndpointText(remote), " -> ",
                    EndpointText(local), " ", NameOf(record.outcome), " bytes=", record.bytes,
                    " sent_ms=");
  }
  if (sent) {
    AppendMilliseconds(record.sent, out);
  } else {
    out->append(json ? "null" : "-");
  }
  out->append(json ? ",\"lifetime_ms\":" : " lifetime_ms=");
  AppendMilliseconds(record.lifetime, out);
  if (record.number != 0) {
    absl::StrAppend(out, json ? ",\"connection\":" : " connection=", record.number);
  }
  out->append(json ? "}\n" : "\n");
}

}  // namespace greeter::daemon
