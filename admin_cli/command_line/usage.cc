#include "admin_cli/command_line/usage.h"

#include <CLI/CLI.hpp>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/nearest.h"
#include "command_line/option_source.h"

namespace greeter::admin_cli {
namespace {

// The innermost command on the line.
const CLI::App* Deepest(const CLI::App& program) {
  const CLI::App* app = &program;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().back();
  return app;
}

// "greeterctl message" for the command "greeterctl message set".
std::string Prefix(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* app = command.get_parent(); app != nullptr; app = app->get_parent()) {
    names.insert(names.begin(), app->get_name());
  }
  return absl::StrJoin(names, " ");
}

std::vector<std::string> CommandsOf(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* app : command.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(app->get_name());
  }
  return names;
}

std::vector<std::string> OptionsOf(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      if (option->nonpositional()) names.push_back("--" + option->get_lnames().front());
    }
  }
  return names;
}

// Empty if there is none. Half a word means the whole one rather than another that looks like it.
std::string Meant(const std::string& argument, const std::vector<std::string>& known) {
  const auto begun = absl::c_find_if(known, [&](const std::string& name) {
    return !argument.empty() && absl::StartsWith(name, argument);
  });
  return begun != known.end() ? *begun : base::NearestName(argument, known);
}

// An option's value: it is missing, one too many, or there may be none.
std::string MismatchIn(absl::string_view reason) {
  const std::string conversion = "Could not convert: ";
  if (absl::StartsWith(reason, conversion)) {
    reason.remove_prefix(conversion.size());
    return absl::StrCat(reason.substr(0, reason.find(' ')), " takes no value");
  }
  const std::string option(reason.substr(0, reason.find(':')));
  if (!absl::StrContains(reason, "received")) return absl::StrCat(option, " needs a value");
  return absl::StrCat(option, " is given more than once",
                      option == "--server" ? "; several servers go with commas between" : "");
}

// A command is, or else what `reason` says.
std::string MissingIn(const CLI::App& program, absl::string_view reason) {
  const std::vector<std::string> known = CommandsOf(*Deepest(program));
  return known.empty() ? std::string(reason)
                       : absl::StrCat("a command is missing: ", absl::StrJoin(known, ", "));
}

// The first argument that nothing wanted, and which one may be meant.
std::string UnexpectedIn(const CLI::App& program) {
  const CLI::App* const command = Deepest(program);
  const std::string argument = program.remaining(true).front();
  // Known, but not where it stands: before the command that has it.
  if (absl::StartsWith(argument, "-") && command->get_option_no_throw(argument) != nullptr) {
    return absl::StrCat("option \"", argument, "\" goes after \"", command->get_name(), "\"");
  }
  std::vector<std::string> known = CommandsOf(*command);
  std::string kind = known.empty() ? "argument" : "command";
  if (absl::StartsWith(argument, "-")) {
    kind = "option";
    known = OptionsOf(*command);
  }
  const std::string meant = Meant(argument, known);
  if (!meant.empty()) {
    return absl::StrCat("unknown ", kind, " \"", argument, "\"; did you mean \"", meant, "\"?");
  }
  if (kind == "command") {
    return absl::StrCat("unknown command \"", argument, "\"; known: ", absl::StrJoin(known, ", "));
  }
  const bool words = kind == "argument" && command->get_option_no_throw("TEXT") != nullptr;
  return absl::StrCat("unexpected ", kind, " \"", argument, "\"",
                      words ? "; put a message of several words into quotes" : "");
}

}  // namespace

std::string HelpOf(const CLI::App& program) {
  const CLI::App* const command = Deepest(program);
  return command->help(Prefix(*command));
}

std::string UsageError(const CLI::App& program, absl::string_view what) {
  const CLI::App* const command = Deepest(program);
  const std::string prefix = Prefix(*command);
  const std::string name = absl::StrCat(prefix, prefix.empty() ? "" : " ", command->get_name());
  return absl::StrCat(name, ": ", what, absl::EndsWith(what, "?") ? " See \"" : "; see \"", name,
                      " --help\"\n");
}

std::string WhatIsWrong(const CLI::App& program, const CLI::ParseError& error,
                        const std::vector<std::string>& arguments) {
  const std::string reason = error.what();
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    return program.remaining(true).empty() ? MissingIn(program, reason) : UnexpectedIn(program);
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) return UnexpectedIn(program);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr ||
      dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    return MismatchIn(reason);
  }
  return command_line::NameSource(*Deepest(program), reason, arguments);
}

}  // namespace greeter::admin_cli
