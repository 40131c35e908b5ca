#include "probe/target.h"

#include <netdb.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"

namespace greeter::probe {
namespace {

constexpr absl::Duration kAskStop = absl::Milliseconds(50);

absl::Status Refuse(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("address \"", text, "\": ", why,
                   "; write host:port, [v6]:port, :port (this machine) or unix:/path"));
}

// What asking takes, which the resolver's thread may use until it has answered.
struct Question {
  explicit Question(const TargetName& name) : host(name.host), port(name.port) {
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    asked.ar_name = host.c_str();
    asked.ar_service = port.c_str();
    asked.ar_request = &hints;
  }
  ~Question() {
    if (asked.ar_result != nullptr) freeaddrinfo(asked.ar_result);
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  const std::string host;
  const std::string port;
  addrinfo hints = {};
  gaicb asked = {};
};

// Gives the question up. If it can't be taken back, who answers it keeps it.
absl::Status Abandon(std::unique_ptr<Question> question, absl::Status status) {
  if (gai_cancel(&question->asked) == EAI_NOTCANCELED) {
    [[maybe_unused]] const Question* const kept = question.release();
  }
  return status;
}

}  // namespace

absl::StatusOr<TargetName> ParseTargetName(absl::string_view text) {
  TargetName name;
  name.text = std::string(text);
  if (absl::string_view path = text; absl::ConsumePrefix(&path, "unix:")) {
    absl::StatusOr<net::Address> address = net::Address::Parse(text);
    if (!address.ok()) return address.status();
    name.target = {name.text, {*std::move(address)}};
    return name;
  }
  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  if (colon == absl::string_view::npos || text.back() == ']') {
    return Refuse(text, "the port is missing");
  }
  name.port = std::string(text.substr(colon + 1));
  if (!absl::SimpleAtoi(name.port, &port) || port < 1 || port > 65535) {
    return Refuse(text, "the port is a number from 1 to 65535");
  }
  absl::string_view host = text.substr(0, colon);
  const bool bracketed = absl::ConsumePrefix(&host, "[");
  if (bracketed && !absl::ConsumeSuffix(&host, "]")) return Refuse(text, "a \"]\" is missing");
  if (!bracketed && host.find(':') != absl::string_view::npos) {
    return Refuse(text, "an IPv6 address is written in brackets, as in [::1]:9190");
  }
  if (host.empty() || bracketed) {
    const std::string literal = host.empty() ? absl::StrCat("127.0.0.1:", port) : name.text;
    absl::StatusOr<net::Address> address = net::Address::Parse(literal);
    if (!address.ok()) return address.status();
    name.target = {name.text, {*std::move(address)}};
    return name;
  }
  if (std::any_of(host.begin(), host.end(), [](char c) { return c <= ' ' || c == '/'; })) {
    return Refuse(text, absl::StrCat("\"", host, "\" is no host's name"));
  }
  name.host = std::string(host);
  return name;
}

absl::StatusOr<Target> ParseTarget(absl::string_view text) {
  absl::StatusOr<TargetName> name = ParseTargetName(text);
  if (!name.ok()) return name.status();
  if (name->host.empty()) return std::move(name->target);
  absl::StatusOr<net::Address> address = net::Address::Parse(text);
  if (!address.ok()) return address.status();
  return Target{name->text, {*std::move(address)}};
}

absl::StatusOr<Target> Resolve(const TargetName& name, absl::Duration timeout,
                               const std::function<bool()>& stop) {
  if (name.host.empty()) return name.target;
  auto question = std::make_unique<Question>(name);
  gaicb* const asked = &question->asked;
  gaicb* questions[] = {asked};
  if (const int error = getaddrinfo_a(GAI_NOWAIT, questions, 1, nullptr); error != 0) {
    return absl::NotFoundError(absl::StrCat(name.host, ": ", gai_strerror(error)));
  }
  const absl::Time deadline = absl::Now() + timeout;
  while (gai_error(asked) == EAI_INPROGRESS) {
    if (stop()) return Abandon(std::move(question), absl::CancelledError("interrupted"));
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) {
      return Abandon(std::move(question), absl::NotFoundError(absl::StrCat(
                                              name.host, ": no name server answered within ",
                                              absl::FormatDuration(timeout))));
    }
    const timespec wait = absl::ToTimespec(std::min(left, kAskStop));
    gai_suspend(questions, 1, &wait);
  }
  if (const int error = gai_error(asked); error != 0) {
    return absl::NotFoundError(absl::StrCat(name.host, ": ", gai_strerror(error)));
  }
  Target target{name.text, {}};
  for (const addrinfo* found = asked->ar_result; found != nullptr; found = found->ai_next) {
    if (found->ai_family != AF_INET && found->ai_family != AF_INET6) continue;
    target.addresses.push_back(net::Address::FromSockaddr(found->ai_addr, found->ai_addrlen));
  }
  if (target.addresses.empty()) {
    return absl::NotFoundError(absl::StrCat(name.host, ": it has no IP address"));
  }
  return target;
}

}  // namespace greeter::probe
