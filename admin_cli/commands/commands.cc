#include "admin_cli/commands/commands.h"

#include <optional>
#include <type_traits>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "admin_cli/client/tls.h"
#include "admin_cli/commands/ask_servers.h"
#include "admin_cli/commands/probe_command.h"
#include "admin_cli/completion/answer_shell.h"
#include "admin_cli/completion/scripts.h"
#include "admin_cli/views/documents.h"
#include "admin_cli/views/render.h"
#include "admin_cli/watch/fleet_watch.h"
#include "admin_cli/watch/watch.h"
#include "base/utf8.h"
#include "base/version.h"

namespace greeter::admin_cli {
namespace {

// What is wrong, a line each.
std::string Explain(const absl::Status& status) {
  const auto violations = FieldViolationsOf(status);
  if (violations.empty()) return absl::StrCat(Printable(std::string(status.message())), "\n");
  std::string text = "refused as invalid; nothing has changed\n";
  for (const auto& violation : violations) {
    absl::StrAppend(&text, "  ", Printable(violation.field()), ": ",
                    Printable(violation.description()), "\n");
  }
  return text;
}

void PrintError(const absl::Status& status, Console& console) {
  console.err << console.err_look.Paint(Hue::kRed, "greeterctl:") << " " << Explain(status);
}

void PrintWarnings(const Answer& answer, Console& console) {
  for (const std::string& warning : answer.warnings) {
    console.err << "greeterctl: " << Printable(warning) << "\n";
  }
}

// The code for errors that have none of their own: 1 is an answer of "config diff".
ExitCode FailedCode(const Command& command) {
  return std::holds_alternative<ConfigDiffCommand>(command) ? kUsage : kFailure;
}

int Fail(const absl::Status& status, const CommandLine& line, Console& console) {
  PrintError(status, console);
  const ExitCode code = ExitCodeFor(status);
  return code == kFailure ? FailedCode(line.command) : code;
}

void ShowOne(const CommandLine& line, const Answer& answer, Console& console) {
  console.out << (line.output == Output::kTable ? answer.text
                                                : RenderMessage(line.output, *answer.message));
}

void ShowSeveral(const CommandLine& line, const std::vector<ServersAnswer>& answers,
                 Console& console) {
  std::vector<Entry> entries;
  std::vector<std::string> failed;
  std::string blocks;
  for (const auto& [server, answer] : answers) {
    entries.push_back({server, answer.ok() ? answer->message.get() : nullptr, answer.status()});
    if (!answer.ok()) failed.push_back(server);
    const bool reached = answer.ok() || ExitCodeFor(answer.status()) != kUnreachable;
    absl::StrAppend(&blocks, blocks.empty() ? "" : "\n",
                    console.out_look.Paint(Hue::kBold, absl::StrCat("==> ", server, " <==")), "\n",
                    answer.ok() ? answer->text
                                : absl::StrCat(console.out_look.Paint(
                                                   Hue::kRed, reached ? "failed:" : "unreachable:"),
                                               " ", Explain(answer.status())));
  }
  console.out << (line.output == Output::kTable ? blocks : RenderServers(line.output, entries))
              << std::flush;
  if (failed.empty()) return;
  console.err << console.err_look.Paint(Hue::kRed, "greeterctl:") << " " << failed.size() << " of "
              << answers.size() << " servers failed: " << absl::StrJoin(failed, ", ") << "\n";
}

// A file that is made of the output, and given back to greeterctl or to clients, is of one server.
absl::Status CheckOneFile(const CommandLine& line, const Console& console) {
  const bool makes_files = std::holds_alternative<MessageGetCommand>(line.command) ||
                           std::holds_alternative<ConfigGetCommand>(line.command) ||
                           std::holds_alternative<ShowCommand>(line.command);
  if (!makes_files || line.servers.size() == 1 || line.output != Output::kTable ||
      console.out_look.is_terminal) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("into a file or pipe this writes what one server has, and --server (or "
                   "GREETER_SERVER) names ",
                   line.servers.size(), "; name one, or take -o json"));
}

template <typename T>
int RunOn(const T& command, const CommandLine& line, const std::optional<Tls>& tls,
          Console& console) {
  if constexpr (std::is_same_v<T, StatusCommand>) {
    if (command.watch) return Watch(command, line, tls, console);
  }
  if constexpr (std::is_same_v<T, FleetCommand>) {
    if (command.watch) return WatchFleet(line, tls, console);
  }
  const absl::StatusOr<Ask> ask = Prepare(command, console);
  if (!ask.ok()) return Fail(ask.status(), line, console);
  const std::vector<ServersAnswer> answers = AskServers(line, tls, *ask, console);
  if (answers.size() == 1) {
    const absl::StatusOr<Answer>& answer = answers.front().answer;
    if (!answer.ok()) return Fail(answer.status(), line, console);
    ShowOne(line, *answer, console);
  } else {
    ShowSeveral(line, answers, console);
  }
  console.out.flush();
  for (const ServersAnswer& server : answers) {
    if (server.answer.ok()) PrintWarnings(*server.answer, console);
  }
  return ExitCodeOf(answers, FailedCode(line.command));
}

int RunOn(const ProbeCommand& command, const CommandLine& line, const std::optional<Tls>& /*tls*/,
          Console& console) {
  const absl::StatusOr<ExitCode> seen = Probe(command, line.output, console);
  if (seen.ok()) return *seen;
  PrintError(seen.status(), console);
  return absl::IsInvalidArgument(seen.status()) ? kUsage : kFailure;
}

int RunOn(const VersionCommand& /*command*/, const CommandLine& /*line*/,
          const std::optional<Tls>& /*tls*/, Console& console) {
  console.out << "greeterctl " << base::kVersion << "\n";
  return kOk;
}

int RunOn(const CompletionCommand& command, const CommandLine& /*line*/,
          const std::optional<Tls>& /*tls*/, Console& console) {
  console.out << (command.shell == "bash"  ? kBashCompletion
                  : command.shell == "zsh" ? kZshCompletion
                                           : kFishCompletion);
  return kOk;
}

int RunOn(const CompleteCommand& command, const CommandLine& line, const std::optional<Tls>& tls,
          Console& console) {
  console.out << AnswerShell(command.completion, line, tls);
  return kOk;
}

}  // namespace

int RunCommand(const CommandLine& line, Console& console) {
  std::optional<Tls> tls;
  if (!line.tls.ca.empty()) {
    auto read = ReadTls(line.tls);
    if (!read.ok()) {
      PrintError(read.status(), console);
      return FailedCode(line.command);
    }
    tls = *std::move(read);
  }
  if (absl::Status status = CheckOneFile(line, console); !status.ok()) {
    PrintError(status, console);
    return kUsage;
  }
  return std::visit([&](const auto& command) { return RunOn(command, line, tls, console); },
                    line.command);
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
  if (flags.wait == "fleet") options.set_wait(api::WAIT_FLEET);
  options.set_roll_back_on_failure(flags.roll_back_on_failure);
  return options;
}

}  // namespace greeter::admin_cli
