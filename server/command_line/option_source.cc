#include "command_line/option_source.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "absl/strings/match.h"

namespace greeter::command_line {

std::string NameSource(const CLI::App& app, std::string error,
                       const std::vector<std::string>& arguments) {
  const std::string name = error.substr(0, error.find(':'));
  const CLI::Option* const option = app.get_option_no_throw(name);
  if (option == nullptr || option->get_envname().empty()) return error;
  const bool is_typed =
      std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
        return argument == name || absl::StartsWith(argument, name + "=");
      });
  return is_typed ? error : error.replace(0, name.size(), option->get_envname());
}

}  // namespace greeter::command_line
