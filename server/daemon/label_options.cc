#include "daemon/label_options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace greeter::daemon {
namespace {

// `source` is where it was given.
void AddLabel(const char* source, const std::string& text,
              std::map<std::string, std::string>& labels) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw CLI::ValidationError(
        source, absl::StrCat("\"", text, "\" is no label; write NAME=VALUE, as in site=berlin"));
  }
  const std::string name = text.substr(0, equals);
  const bool word = name.find_first_not_of(
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789_") == std::string::npos;
  if (!word) {
    throw CLI::ValidationError(
        source, absl::StrCat("\"", name, "\" is no label's name: a-z, A-Z, 0-9 and _"));
  }
  if (!labels.emplace(name, text.substr(equals + 1)).second) {
    throw CLI::ValidationError(source, absl::StrCat("the label \"", name, "\" is given twice"));
  }
}

}  // namespace

void AddLabelOption(CLI::App& app, std::map<std::string, std::string>& labels) {
  app.add_option_function<std::vector<std::string>>(
         "--label",
         [&labels](const std::vector<std::string>& given) {
           for (const std::string& label : given) AddLabel("--label", label, labels);
         },
         "What templates call ${label.NAME}; may be given again. In GREETER_LABEL, with commas "
         "between")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

void ReadLabelEnvironment(std::map<std::string, std::string>& labels) {
  const char* const text = std::getenv("GREETER_LABEL");
  if (text == nullptr || !labels.empty()) return;
  for (const absl::string_view label : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    AddLabel("GREETER_LABEL", std::string(label), labels);
  }
}

}  // namespace greeter::daemon
