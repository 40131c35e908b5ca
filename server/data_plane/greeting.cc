#include "data_plane/greeting.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/nearest.h"

namespace greeter::data_plane {
namespace {

std::string EndingBytes(Ending ending) {
  switch (ending) {
    case Ending::kNone:
      return "";
    case Ending::kLf:
      return "\n";
    case Ending::kCrLf:
      return "\r\n";
    case Ending::kNul:
      return {'\0'};
  }
  return "";
}

constexpr char kLabelPrefix[] = "label.";

std::vector<std::string> KnownNames(const TemplateConstants& constants) {
  std::vector<std::string> names = {"remote_addr", "remote_port", "local_addr", "local_port",
                                    "listener",    "hostname",    "server_id",  "connection",
                                    "revision",    "time"};
  for (const auto& [name, value] : constants.labels) names.push_back(kLabelPrefix + name);
  return names;
}

// The ending stays whole where the text is cut.
void AppendEnding(absl::string_view ending, std::string* text) {
  text->resize(std::min(text->size(), kMaxGreetingBytes - ending.size()));
  absl::StrAppend(text, ending);
}

// Part of a payload as an error quotes it: short, and valid UTF-8 whatever the payload is.
std::string Quoted(absl::string_view text) {
  constexpr size_t kQuotedBytes = 64;
  return absl::StrCat(absl::CHexEscape(text.substr(0, kQuotedBytes)),
                      text.size() > kQuotedBytes ? "..." : "");
}

absl::Status UnknownVariable(absl::string_view name, const TemplateConstants& constants) {
  const std::string nearest = base::NearestName(name, KnownNames(constants));
  std::string message = absl::StrCat("unknown variable ${", Quoted(name), "}; ");
  if (!nearest.empty()) {
    absl::StrAppend(&message, "did you mean ${", nearest, "}?");
  } else if (absl::StartsWith(name, kLabelPrefix)) {
    absl::StrAppend(&message, "greeterd was not started with --label ",
                    Quoted(absl::StripPrefix(name, kLabelPrefix)), "=VALUE");
  } else {
    absl::StrAppend(&message, "write $$ for a dollar");
  }
  return absl::InvalidArgumentError(message);
}

}  // namespace

absl::StatusOr<Greeting> Greeting::Compile(const GreetingSpec& spec,
                                           const TemplateConstants& constants) {
  Greeting greeting;
  if (!spec.is_template) {
    greeting.literal_ = spec.payload + EndingBytes(spec.ending);
    return greeting;
  }
  absl::string_view rest = spec.payload;
  while (!rest.empty()) {
    const size_t dollar = rest.find('$');
    absl::StrAppend(&greeting.literal_, rest.substr(0, dollar));
    if (dollar == absl::string_view::npos) break;
    rest.remove_prefix(dollar + 1);
    if (!absl::ConsumePrefix(&rest, "{")) {
      // "$$", or a dollar that begins nothing.
      absl::ConsumePrefix(&rest, "$");
      greeting.literal_ += '$';
      continue;
    }
    const size_t close = rest.find('}');
    if (close == absl::string_view::npos) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"${", Quoted(rest), "\" is not closed; write ${name}, or $$ for a dollar"));
    }
    const absl::Status compiled = greeting.CompileVariable(rest.substr(0, close), constants);
    if (!compiled.ok()) return compiled;
    rest.remove_prefix(close + 1);
  }
  if (greeting.is_literal()) {
    AppendEnding(EndingBytes(spec.ending), &greeting.literal_);
    return greeting;
  }
  greeting.segments_.push_back({std::exchange(greeting.literal_, {}), Variable::kNone});
  greeting.ending_ = EndingBytes(spec.ending);
  return greeting;
}

absl::Status Greeting::CompileVariable(absl::string_view name, const TemplateConstants& constants) {
  static constexpr std::pair<absl::string_view, Variable> kVariables[] = {
      {"remote_addr", Variable::kRemoteAddr},
      {"remote_port", Variable::kRemotePort},
      {"local_addr", Variable::kLocalAddr},
      {"local_port", Variable::kLocalPort},
      {"connection", Variable::kConnection},
      {"revision", Variable::kRevision},
      {"time", Variable::kTime},
  };
  for (const auto& [known, variable] : kVariables) {
    if (name == known) {
      segments_.push_back({std::exchange(literal_, {}), variable});
      return absl::OkStatus();
    }
  }
  absl::string_view label = name;
  if (name == "listener") {
    literal_ += constants.listener;
  } else if (name == "hostname") {
    literal_ += constants.hostname;
  } else if (name == "server_id") {
    literal_ += constants.server_id;
  } else if (absl::ConsumePrefix(&label, kLabelPrefix) &&
             constants.labels.count(std::string(label)) != 0) {
    literal_ += constants.labels.at(std::string(label));
  } else {
    return UnknownVariable(name, constants);
  }
  return absl::OkStatus();
}

void Greeting::Render(const ConnectionFacts& facts, std::string* buffer) const {
  buffer->clear();
  for (const Segment& segment : segments_) {
    *buffer += segment.text;
    Append(segment.variable, facts, buffer);
  }
  AppendEnding(ending_, buffer);
}

void Greeting::Append(Variable variable, const ConnectionFacts& facts, std::string* buffer) {
  switch (variable) {
    case Variable::kNone:
      return;
    case Variable::kRemoteAddr:
      *buffer += facts.RemoteAddress();
      return;
    case Variable::kRemotePort:
      absl::StrAppend(buffer, facts.RemotePort());
      return;
    case Variable::kLocalAddr:
      *buffer += facts.LocalAddress();
      return;
    case Variable::kLocalPort:
      absl::StrAppend(buffer, facts.LocalPort());
      return;
    case Variable::kConnection:
      absl::StrAppend(buffer, facts.Number());
      return;
    case Variable::kRevision:
      absl::StrAppend(buffer, facts.Revision());
      return;
    case Variable::kTime:
      *buffer += absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
      return;
  }
}

}  // namespace greeter::data_plane
