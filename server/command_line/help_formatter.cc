#include "command_line/help_formatter.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/wrap.h"

namespace greeter::command_line {
namespace {

constexpr size_t kLineWidth = 80;

// Every line for itself; indented ones are as they are.
std::string WrapLines(absl::string_view text) {
  std::string wrapped;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const bool literal = absl::StartsWith(line, "  ");
    absl::StrAppend(&wrapped, literal ? std::string(line) : base::Wrap(line, kLineWidth), "\n");
  }
  return wrapped;
}

class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(size_t column) {
    column_width(column);
    label("Positionals", "Arguments");
    label("OPTIONS", "options");
    label("SUBCOMMAND", "COMMAND");
  }

  std::string make_description(const CLI::App* app) const override {
    return WrapLines(absl::StrCat(app->get_description(), "\n"));
  }

  std::string make_footer(const CLI::App* app) const override {
    std::string footer = app->get_footer().empty() ? "" : WrapLines(app->get_footer());
    if (app->get_parent() == nullptr) return footer;
    const CLI::App* program = app;
    while (program->get_parent() != nullptr) program = program->get_parent();
    std::vector<std::string> names;
    for (const CLI::Option* option : program->get_options()) {
      if (option != program->get_help_ptr()) names.push_back(option->get_name());
    }
    return absl::StrCat(
        footer, "\n",
        WrapLines(absl::StrCat("Every command also has ", absl::StrJoin(names, ", "), ": see ",
                               program->get_name(), " --help.")));
  }

  std::string make_subcommand(const CLI::App* command) const override {
    std::stringstream line;
    CLI::detail::format_help(
        line, command->get_name(),
        base::Wrap(command->get_description(), kLineWidth - get_column_width()),
        get_column_width());
    return line.str();
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_type_size() == 0) return "";
    // The name of the type, without the descriptions of its checks, which follow colons.
    const std::string full = option->get_type_name();
    const std::string type = full.substr(0, full.find(':'));
    return type.empty() ? "" : absl::StrCat(" ", type);
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    std::string text = option->get_description();
    if (!option->get_default_str().empty()) {
      absl::StrAppend(&text, " (default: ", option->get_default_str(), ")");
    }
    if (option->get_required()) absl::StrAppend(&text, " (required)");
    return base::Wrap(text, kLineWidth - get_column_width());
  }
};

}  // namespace

void UseReadableHelp(CLI::App& app, size_t column) {
  app.formatter(std::make_shared<HelpFormatter>(column));
}

bool AsksForHelp(const CLI::App& app) {
  const std::vector<CLI::App*> commands = app.get_subcommands();
  return app.get_help_ptr()->count() > 0 ||
         std::any_of(commands.begin(), commands.end(),
                     [](const CLI::App* command) { return AsksForHelp(*command); });
}

}  // namespace greeter::command_line
