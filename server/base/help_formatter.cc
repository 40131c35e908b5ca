#include "base/help_formatter.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace greeter::base {
namespace {

constexpr size_t kLineWidth = 100;

std::string Wrap(absl::string_view text, size_t width) {
  std::string wrapped;
  size_t line = 0;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    const bool fits = line == 0 || line + 1 + word.size() <= width;
    if (line > 0) wrapped += fits ? ' ' : '\n';
    line = fits && line > 0 ? line + 1 + word.size() : word.size();
    absl::StrAppend(&wrapped, word);
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
    return absl::StrCat(app->get_description(), "\n\n");
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
    return Wrap(text, kLineWidth - get_column_width());
  }
};

}  // namespace

void UseReadableHelp(CLI::App& app, size_t column) {
  app.formatter(std::make_shared<HelpFormatter>(column));
}

}  // namespace greeter::base
