#include "daemon/option_errors.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/nearest.h"
#include "command_line/option_source.h"

namespace greeter::daemon {
namespace {

// A mistyped option takes what follows for the port, and CLI11 complains of that alone.
std::string UnknownOption(const CLI::App& app, const std::vector<std::string>& arguments) {
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    if (option->nonpositional()) known.push_back("--" + option->get_lnames().front());
  }
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    if (!absl::StartsWith(argument, "--")) continue;
    const std::string name = argument.substr(0, argument.find('='));
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string nearest = base::NearestName(name, known);
    return absl::StrCat("unknown option \"", name, "\"",
                        nearest.empty() ? "" : absl::StrCat("; did you mean \"", nearest, "\"?"));
  }
  return "";
}

}  // namespace

std::string ExplainError(const CLI::App& app, const CLI::ParseError& error,
                         const std::vector<std::string>& arguments) {
  const std::string unknown = UnknownOption(app, arguments);
  if (!unknown.empty()) return unknown;
  std::string text = error.what();
  const std::string option = text.substr(0, text.find(':'));
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    return absl::StrCat("unexpected argument \"", app.remaining().front(), "\"");
  }
  if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr) {
    return absl::StrReplaceAll(text, {{" excludes ", " can't be given together with "}});
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    const auto given = std::count(arguments.begin(), arguments.end(), option);
    return absl::StrCat(option, given > 1 ? " is given more than once" : " needs a value");
  }
  return command_line::NameSource(app, std::move(text), arguments);
}

}  // namespace greeter::daemon
