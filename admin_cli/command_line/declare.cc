#include "admin_cli/command_line/declare.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace greeter::admin_cli {
namespace {

// The details, then what to type.
std::string Footer(const CommandHelp& help) {
  const std::vector<std::string> examples = absl::StrSplit(help.example, '\n');
  std::string footer = absl::StrCat(help.details, *help.details == '\0' ? "" : "\n",
                                    examples.size() > 1 ? "Examples:\n" : "Example:\n");
  absl::StrAppend(&footer, "  ", absl::StrJoin(examples, "\n  "));
  return footer;
}

std::string CheckWait(const std::string& text) {
  if (text == "this" || text == "fleet") return "";
  return absl::StrCat("\"", text, "\" is none of this, fleet");
}

bool IsWholeNumber(const std::string& text) {
  uint64_t number = 0;
  return absl::SimpleAtoi(text, &number);
}

}  // namespace

CLI::App* Declare(CLI::App& parent, const CommandHelp& help, std::function<void()> parsed) {
  CLI::App* app = parent.add_subcommand(help.name, help.description);
  app->fallthrough();
  app->group("Commands");
  app->footer(Footer(help));
  app->callback(std::move(parsed));
  return app;
}

CLI::App* DeclareGroup(CLI::App& parent, const CommandHelp& help) {
  CLI::App* app = parent.add_subcommand(help.name, help.description);
  app->fallthrough();
  app->group("Commands");
  app->footer(Footer(help));
  app->require_subcommand(1);
  return app;
}

void AddListenerOption(CLI::App& app, std::string& listener, const char* meaning) {
  // In the API an empty name means the default listener, or all: not what a variable that happens
  // to be unset should mean in a script.
  app.add_option("-l,--listener", listener, meaning)
      ->check(CLI::Validator(CheckNotEmpty, ""))
      ->type_name("NAME");
}

void AddChangeOptions(CLI::App& app, ChangeFlags& change) {
  app.add_option("--expect-revision", change.expect_revision,
                 "Change nothing if the current revision is not this one (exit code 5)")
      ->check(CLI::Validator(CheckRevision, ""))
      ->type_name("N");
  app.add_option("--comment", change.comment, "Why, for the history")->type_name("TEXT");
  app.add_option("--wait", change.wait,
                 "Who must have applied it before this ends with 0: this greeterd, or every live "
                 "replica of its fleet, within --timeout")
      ->check(CLI::Validator(CheckWait, ""))
      ->type_name("this|fleet")
      ->capture_default_str();
  app.add_flag("--roll-back-on-failure", change.roll_back_on_failure,
               "With --wait fleet: should a replica be unable to apply it, put the config before "
               "it in force again");
}

void AddDryRunOption(CLI::App& app, bool& dry_run) {
  app.add_flag(
      "--dry-run", dry_run,
      "Change nothing; let the server check everything, binding included, and show what would "
      "change");
}

std::string ReadDuration(absl::string_view text, absl::Duration longest, absl::Duration& duration) {
  if (!absl::ParseDuration(text, &duration) || duration <= absl::ZeroDuration()) {
    return absl::StrCat("\"", text,
                        "\" is not a positive duration with a unit, as in 500ms, 10s or 1m");
  }
  if (duration <= longest) return "";
  return absl::StrCat("\"", text, "\" is too long; at most ", absl::ToInt64Hours(longest), "h");
}

std::string CheckRevision(const std::string& text) {
  if (IsWholeNumber(text)) return "";
  return absl::StrCat("\"", text, "\" is not a revision's number");
}

std::string CheckNotEmpty(const std::string& text) {
  return text.empty() ? "is empty; give a value, or leave the option out" : "";
}

std::string CheckCount(const std::string& text) {
  if (IsWholeNumber(text)) return "";
  return absl::StrCat("\"", text, "\" is not a whole number");
}

}  // namespace greeter::admin_cli
