#include "admin_cli/commands/commands.h"

#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "admin_cli/client/exit_code.h"
#include "admin_cli/client/tls.h"
#include "admin_cli/views/render.h"
#include "base/utf8.h"
#include "base/version.h"
#include "config/config_text.h"

namespace greeter::admin_cli {
namespace {

void PrintError(const absl::Status& status, std::ostream& err) {
  const auto violations = FieldViolationsOf(status);
  if (violations.empty()) {
    err << "greeterctl: " << Printable(std::string(status.message())) << "\n";
    return;
  }
  err << "greeterctl: refused as invalid; nothing has changed\n";
  for (const auto& violation : violations) {
    err << "  " << Printable(violation.field()) << ": " << Printable(violation.description())
        << "\n";
  }
}

}  // namespace

int RunCommand(const CommandLine& line, Console& console) {
  std::optional<Tls> tls;
  if (!line.tls.ca.empty() && !std::holds_alternative<VersionCommand>(line.command)) {
    auto read = ReadTls(line.tls);
    if (!read.ok()) {
      PrintError(read.status(), console.err);
      // Code 1 is an answer of "config diff".
      return std::holds_alternative<ConfigDiffCommand>(line.command) ? kUsage : kFailure;
    }
    tls = *std::move(read);
  }
  Client client(line.server, line.timeout, std::move(tls));
  Session session{client, console, line.output};
  const absl::Status status =
      std::visit([&](const auto& command) { return Run(command, session); }, line.command);
  console.out.flush();
  if (!status.ok()) PrintError(status, console.err);
  if (status.ok()) return session.done;
  const ExitCode code = ExitCodeFor(status);
  return code == kFailure ? session.failed : code;
}

absl::Status Run(const VersionCommand& /*command*/, Session& session) {
  session.console.out << "greeterctl " << base::kVersion << "\n";
  return absl::OkStatus();
}

void Show(Session& session, const google::protobuf::Message& message, absl::string_view table) {
  switch (session.output) {
    case Output::kJson:
      session.console.out << config::ToJson(message);
      break;
    case Output::kYaml:
      session.console.out << config::ToYaml(message);
      break;
    case Output::kTable:
      session.console.out << table;
      break;
  }
}

absl::Status CheckUtf8(absl::string_view option, absl::string_view value) {
  const std::optional<size_t> offset = base::FirstInvalidUtf8(value);
  if (!offset) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is not UTF-8: byte 0x%02X at offset %d", option,
                      static_cast<unsigned char>(value[*offset]), *offset));
}

absl::StatusOr<api::ChangeOptions> ToChangeOptions(const ChangeFlags& flags) {
  if (absl::Status status = CheckUtf8("--comment", flags.comment); !status.ok()) return status;
  api::ChangeOptions options;
  if (flags.expect_revision) options.set_expected_revision(*flags.expect_revision);
  options.set_comment(flags.comment);
  return options;
}

}  // namespace greeter::admin_cli
