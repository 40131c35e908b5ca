#include "control/validation.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/utf8.h"

namespace greeter::control {
namespace {

using Violations = std::vector<FieldViolation>;

size_t EndingBytes(api::Ending ending) {
  switch (ending) {
    case api::ENDING_LF:
    case api::ENDING_NUL:
      return 1;
    case api::ENDING_CRLF:
      return 2;
    default:
      return 0;
  }
}

void CheckUtf8(const std::string& field, absl::string_view text, Violations& violations) {
  const std::optional<size_t> invalid = base::FirstInvalidUtf8(text);
  if (!invalid.has_value()) return;
  violations.push_back(
      {field, absl::StrFormat("is not UTF-8: byte 0x%02X at offset %d begins no valid character",
                              static_cast<uint8_t>(text[*invalid]), *invalid)});
}

void CheckGreeting(const std::string& path, const api::Greeting& greeting, Violations& violations) {
  const bool is_raw = greeting.payload_case() == api::Greeting::kRaw;
  const std::string& payload = is_raw ? greeting.raw() : greeting.text();
  const std::string payload_path = absl::StrCat(path, is_raw ? ".raw" : ".text");
  if (greeting.payload_case() == api::Greeting::PAYLOAD_NOT_SET) {
    violations.push_back({path, "has no payload; set text or raw (either may be empty)"});
  }
  if (!api::Ending_IsValid(greeting.ending())) {
    violations.push_back({absl::StrCat(path, ".ending"),
                          absl::StrCat(static_cast<int>(greeting.ending()),
                                       " is no ending; use ENDING_NONE (1), ENDING_LF (2), "
                                       "ENDING_CRLF (3) or ENDING_NUL (4)")});
  }
  const size_t ending = EndingBytes(greeting.ending());
  if (payload.size() + ending > kMaxGreetingBytes) {
    violations.push_back({payload_path, absl::StrCat("has ", payload.size() + ending,
                                                     " bytes, its ending included; at most ",
                                                     kMaxGreetingBytes, " are allowed")});
  }
  if (!is_raw) CheckUtf8(payload_path, payload, violations);
}

void CheckTimeout(const std::string& field, const google::protobuf::Duration& value,
                  Violations& violations) {
  const auto refuse = [&](const std::string& shown) {
    violations.push_back({field, absl::StrCat(shown, "; use 1 ms to 1 h")});
  };
  constexpr int32_t kNanos = 1'000'000'000;
  constexpr int64_t kMostSeconds = 315'576'000'000;  // google.protobuf.Duration's own range
  const bool signs_agree =
      (value.seconds() >= 0 && value.nanos() >= 0) || (value.seconds() <= 0 && value.nanos() <= 0);
  if (!signs_agree || value.nanos() >= kNanos || value.nanos() <= -kNanos ||
      value.seconds() > kMostSeconds || value.seconds() < -kMostSeconds) {
    refuse(absl::StrCat(value.seconds(), " seconds and ", value.nanos(),
                        " nanoseconds are no well-formed duration"));
    return;
  }
  const absl::Duration duration = absl::Seconds(value.seconds()) + absl::Nanoseconds(value.nanos());
  if (duration < kMinTimeout) refuse(absl::FormatDuration(duration) + " is too short");
  if (duration > kMaxTimeout) refuse(absl::FormatDuration(duration) + " is too long");
}

void CheckLimits(const std::string& path, const api::Limits& limits, Violations& violations) {
  CheckTimeout(absl::StrCat(path, ".write_timeout"), limits.write_timeout(), violations);
  CheckTimeout(absl::StrCat(path, ".linger_timeout"), limits.linger_timeout(), violations);
  if (!api::Overflow_IsValid(limits.overflow())) {
    violations.push_back({absl::StrCat(path, ".overflow"),
                          absl::StrCat(static_cast<int>(limits.overflow()),
                                       " is no overflow behaviour; use OVERFLOW_WAIT (1) or "
                                       "OVERFLOW_REJECT (2)")});
  }
  if (limits.accept_rate() > kMaxAcceptRate) {
    violations.push_back({absl::StrCat(path, ".accept_rate"),
                          absl::StrCat(limits.accept_rate(), " per second is too much; use 1 to ",
                                       kMaxAcceptRate, ", or 0 for no limit")});
  }
  const std::string burst_path = absl::StrCat(path, ".accept_burst");
  if (limits.accept_burst() > kMaxAcceptRate) {
    violations.push_back({burst_path, absl::StrCat(limits.accept_burst(), " is too much; use 1 to ",
                                                   kMaxAcceptRate)});
  } else if (limits.accept_burst() > 0 && limits.accept_rate() == 0) {
    violations.push_back(
        {burst_path,
         absl::StrCat(limits.accept_burst(),
                      " has no meaning without accept_rate; set that, or leave it out")});
  }
}

void CheckName(const std::string& field, const std::string& name, Violations& violations) {
  if (name.empty()) {
    violations.push_back({field, "is missing; every listener needs a name of its own"});
  } else if (!IsDnsLabel(name)) {
    violations.push_back(
        {field, absl::StrCat(Quoted(name),
                             " is no DNS label; use 1 to 63 of a-z, 0-9 and \"-\", beginning and "
                             "ending with a letter or digit")});
  }
}

void CheckListener(const std::string& path, const api::Listener& listener, Violations& violations) {
  CheckName(absl::StrCat(path, ".name"), listener.name(), violations);
  const std::string address_path = absl::StrCat(path, ".address");
  if (listener.address().empty()) {
    violations.push_back({address_path, "is missing; for example \":9190\" or \"127.0.0.1:9190\""});
  } else {
    CheckUtf8(address_path, listener.address(), violations);
  }
  const std::string greeting_path = absl::StrCat(path, ".greeting");
  if (listener.has_greeting()) {
    CheckGreeting(greeting_path, listener.greeting(), violations);
  } else {
    violations.push_back({greeting_path, "is missing; for example text: \"Hello world\""});
  }
  CheckLimits(absl::StrCat(path, ".limits"), listener.limits(), violations);
}

}  // namespace

std::vector<FieldViolation> Validate(const api::Config& config) {
  if (config.listeners_size() > kMaxListeners) {
    return {{"listeners", absl::StrCat("has ", config.listeners_size(), " listeners; at most ",
                                       kMaxListeners, " are allowed")}};
  }
  Violations violations;
  std::map<std::string, int> index_of;
  for (int i = 0; i < config.listeners_size(); ++i) {
    const api::Listener& listener = config.listeners(i);
    const std::string path = absl::StrCat("listeners[", i, "]");
    CheckListener(path, listener, violations);
    const auto [first, is_new] = index_of.emplace(listener.name(), i);
    if (!is_new && !listener.name().empty()) {
      violations.push_back({absl::StrCat(path, ".name"),
                            absl::StrCat(Quoted(listener.name()), " is taken by listeners[",
                                         first->second, "]; give each listener its own name")});
    }
  }
  return violations;
}

std::vector<FieldViolation> ValidateOptions(const api::ChangeOptions& options) {
  Violations violations;
  if (options.comment().size() > kMaxCommentBytes) {
    violations.push_back(
        {"change.comment", absl::StrCat("is ", options.comment().size(), " bytes; at most ",
                                        kMaxCommentBytes, " are allowed")});
  } else {
    CheckUtf8("change.comment", options.comment(), violations);
  }
  if (!api::Wait_IsValid(options.wait())) {
    violations.push_back({"change.wait", absl::StrCat(static_cast<int>(options.wait()),
                                                      " is no Wait of this version's API")});
  }
  if (options.roll_back_on_failure() && options.wait() != api::WAIT_FLEET) {
    violations.push_back({"change.roll_back_on_failure",
                          "needs wait WAIT_FLEET: who does not wait never hears of a failure"});
  }
  return violations;
}

bool IsDnsLabel(absl::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes) return false;
  for (const char c : name) {
    if (!absl::ascii_islower(static_cast<unsigned char>(c)) &&
        !absl::ascii_isdigit(static_cast<unsigned char>(c)) && c != '-') {
      return false;
    }
  }
  return name.front() != '-' && name.back() != '-';
}

}  // namespace greeter::control
