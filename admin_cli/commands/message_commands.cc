// message get and message set.

#include <array>
#include <cctype>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "admin_cli/commands/commands.h"
#include "admin_cli/views/render.h"
#include "base/nearest.h"
#include "base/utf8.h"

namespace greeter::admin_cli {
namespace {

constexpr size_t kMaxGreetingBytes = 65536;
constexpr char kDefaultListener[] = "default";

absl::StatusOr<std::string> ReadMessage(std::istream& in, const std::string& name) {
  std::string bytes(kMaxGreetingBytes + 1, '\0');
  errno = 0;
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (in.bad() || (in.gcount() == 0 && errno == EISDIR)) {
    return absl::UnknownError(
        absl::StrCat(name, ": ", std::generic_category().message(errno != 0 ? errno : EIO)));
  }
  bytes.resize(static_cast<size_t>(in.gcount()));
  if (bytes.size() > kMaxGreetingBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": a message can have at most 65,536 bytes, its ending included"));
  }
  return bytes;
}

absl::StatusOr<std::string> ReadMessageFile(const std::string& path, std::istream& stdin_stream) {
  if (path == "-") return ReadMessage(stdin_stream, "standard input");
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::UnknownError(absl::StrCat(path, ": ", std::generic_category().message(errno)));
  }
  return ReadMessage(file, path);
}

absl::StatusOr<std::string> DecodeHex(absl::string_view hex) {
  std::string digits;
  for (const char c : hex) {
    if (absl::ascii_isspace(static_cast<unsigned char>(c))) continue;
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--hex: \"", hex, "\" is not hexadecimal; write two digits a byte: \"48 69 0a\""));
    }
    digits += c;
  }
  if (digits.size() % 2 != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--hex: \"", hex, "\" has an odd number of digits; every byte needs two"));
  }
  return absl::HexStringToBytes(digits);
}

api::Ending ToEnding(const std::string& ending) {
  if (ending == "lf") return api::ENDING_LF;
  if (ending == "crlf") return api::ENDING_CRLF;
  if (ending == "nul") return api::ENDING_NUL;
  return api::ENDING_NONE;
}

absl::StatusOr<api::Greeting> MakeGreeting(const MessageSetCommand& command,
                                           const Console& console) {
  api::Greeting greeting;
  greeting.set_ending(ToEnding(command.ending));
  greeting.set_template_(command.is_template);
  if (command.text) {
    if (const absl::Status status = CheckUtf8("TEXT", *command.text); !status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(status.message(), "; send other bytes with --file or --hex"));
    }
    greeting.set_text(*command.text);
    return greeting;
  }
  const absl::StatusOr<std::string> bytes =
      command.file ? ReadMessageFile(*command.file, console.in) : DecodeHex(*command.hex);
  if (!bytes.ok()) return bytes.status();
  if (command.file && !base::FirstInvalidUtf8(*bytes)) {
    greeting.set_text(*bytes);
  } else {
    greeting.set_raw(*bytes);
  }
  return greeting;
}

absl::StatusOr<api::Greeting> FindGreeting(const api::Config& config, const std::string& name) {
  std::vector<std::string> known;
  for (const api::Listener& listener : config.listeners()) {
    if (listener.name() == name) return listener.greeting();
    known.push_back(listener.name());
  }
  const std::string nearest = base::NearestName(name, known);
  return absl::NotFoundError(absl::StrCat("no listener \"", name, "\"; ",
                                          nearest.empty()
                                              ? std::string("\"greeterctl status\" lists them")
                                              : absl::StrCat("did you mean \"", nearest, "\"?")));
}

}  // namespace

absl::StatusOr<Ask> Prepare(const MessageGetCommand& command, const Console& console) {
  const std::string name = command.listener.empty() ? kDefaultListener : command.listener;
  return [name, look = console.out_look](Client& client) -> absl::StatusOr<Answer> {
    const auto response = client.GetConfig({});
    if (!response.ok()) return response.status();
    const auto greeting = FindGreeting(response->config(), name);
    if (!greeting.ok()) return greeting.status();
    return MakeAnswer(
        *greeting, look.is_terminal ? RenderGreeting(name, *greeting, look) : PayloadOf(*greeting));
  };
}

absl::StatusOr<Ask> Prepare(const MessageSetCommand& command, const Console& console) {
  if (absl::Status s = CheckUtf8("--listener", command.listener); !s.ok()) return s;
  const auto change = ToChangeOptions(command.change);
  if (!change.ok()) return change.status();
  const auto greeting = MakeGreeting(command, console);
  if (!greeting.ok()) return greeting.status();
  api::SetMessageRequest request;
  request.set_listener(command.listener);
  *request.mutable_greeting() = *greeting;
  *request.mutable_change() = *change;
  return [request, look = console.out_look](Client& client) -> absl::StatusOr<Answer> {
    auto response = client.SetMessage(request);
    if (!response.ok()) return response.status();
    std::string text = absl::StrCat(Printable(response->listener().name()),
                                    " has the message (revision ", response->revision().number(),
                                    ") and is ", DescribeState(response->listener(), look), "\n");
    return MakeAnswer(*std::move(response), std::move(text));
  };
}

}  // namespace greeter::admin_cli
