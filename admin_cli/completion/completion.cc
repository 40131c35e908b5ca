#include "admin_cli/completion/completion.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace greeter::admin_cli {
namespace {

using Kind = Completion::Kind;

// Of these, the server's answer depends.
constexpr const char* kConnectionOptions[] = {"--server", "--ca", "--cert", "--key",
                                              "--server-name"};

bool TakesValue(const CLI::Option& option) { return option.get_type_size() > 0; }

// `name` with its dashes, as typed; null if neither the command nor one above has it.
const CLI::Option* FindOption(const CLI::App* app, const std::string& name) {
  for (; app != nullptr; app = app->get_parent()) {
    const CLI::Option* const option = app->get_option_no_throw(name);
    if (option != nullptr && option->nonpositional()) return option;
  }
  return nullptr;
}

// Without a line feed, and its first sentence or so.
std::string Short(const std::string& description) {
  return description.substr(0, std::min(description.find_first_of("\n;"), description.size()));
}

class Completer {
 public:
  Completer(const CLI::App& app, const std::vector<std::string>& words) : app_(&app) {
    for (size_t i = 0; i + 1 < words.size(); ++i) Pass(words[i]);
    const std::string last = words.empty() ? "" : words.back();
    if (awaited_ != nullptr) {
      OfType(awaited_->get_type_name(), awaited_->get_name(), last);
    } else if (!only_arguments_ && absl::StartsWith(last, "-")) {
      OptionAt(last);
    } else if (!app_->get_subcommands({}).empty()) {
      Commands(last);
    } else {
      Argument(last);
    }
  }

  Completion completion() { return std::move(result_); }

 private:
  // A word before the one to be completed.
  void Pass(const std::string& word) {
    if (awaited_ != nullptr) {
      Keep(awaited_->get_name(), word);
      awaited_ = nullptr;
    } else if (!only_arguments_ && word == "--") {
      only_arguments_ = true;
    } else if (!only_arguments_ && word.size() > 1 && word[0] == '-') {
      const size_t equals = word.find('=');
      const CLI::Option* const option = FindOption(app_, word.substr(0, equals));
      if (option == nullptr || !TakesValue(*option)) return;
      if (equals == std::string::npos) {
        awaited_ = option;
      } else {
        Keep(option->get_name(), word.substr(equals + 1));
      }
    } else {
      const auto named = [&word](const CLI::App* command) { return command->get_name() == word; };
      const auto commands = app_->get_subcommands(named);
      if (commands.empty()) {
        ++arguments_;
      } else {
        app_ = commands.front();
      }
    }
  }

  void Keep(const std::string& option, const std::string& value) {
    if (absl::c_linear_search(kConnectionOptions, option)) {
      result_.connection.insert(result_.connection.end(), {option, value});
    }
  }

  void Offer(const std::string& word, const std::string& description) {
    if (absl::StartsWith(word, result_.typed)) {
      result_.candidates.push_back({absl::StrCat(result_.stem, word), Short(description)});
    }
  }

  // A value of an option or argument: types with "|" are enumerations.
  void OfType(const std::string& type_name, const std::string& name, const std::string& typed) {
    const std::string type = type_name.substr(0, type_name.find(':'));
    result_.typed = typed;
    if (type == "FILE") {
      result_.kind = Kind::kFile;
    } else if (name == "--listener") {
      result_.kind = Kind::kListener;
    } else if (name == "REV") {
      result_.kind = Kind::kRevision;
    } else if (absl::StrContains(type, "|")) {
      for (const absl::string_view word : absl::StrSplit(type, '|')) Offer(std::string(word), "");
    }
  }

  void OptionAt(const std::string& typed) {
    const size_t equals = typed.find('=');
    if (equals != std::string::npos) {
      const CLI::Option* const option = FindOption(app_, typed.substr(0, equals));
      if (option == nullptr || !TakesValue(*option)) return;
      result_.stem = typed.substr(0, equals + 1);
      OfType(option->get_type_name(), option->get_name(), typed.substr(equals + 1));
      return;
    }
    result_.typed = typed;
    for (const CLI::App* app = app_; app != nullptr; app = app->get_parent()) {
      for (const CLI::Option* option : app->get_options()) {
        const bool repeats_help = app != app_ && option == app->get_help_ptr();
        if (!option->nonpositional() || option->get_group().empty() || repeats_help) continue;
        Offer(option->get_name(), option->get_description());
      }
    }
  }

  void Commands(const std::string& typed) {
    result_.typed = typed;
    for (const CLI::App* command : app_->get_subcommands({})) {
      if (!command->get_group().empty()) Offer(command->get_name(), command->get_description());
    }
  }

  void Argument(const std::string& typed) {
    size_t position = 0;
    for (const CLI::Option* option : app_->get_options()) {
      if (!option->get_positional() || position++ != arguments_) continue;
      OfType(option->get_type_name(), option->get_name(), typed);
    }
  }

  // The innermost command so far.
  const CLI::App* app_;
  // The option whose value comes next.
  const CLI::Option* awaited_ = nullptr;
  // "--" was there.
  bool only_arguments_ = false;
  size_t arguments_ = 0;
  Completion result_;
};

}  // namespace

Completion Complete(const CLI::App& app, const std::vector<std::string>& words) {
  return Completer(app, words).completion();
}

std::string RenderCandidates(const std::vector<Candidate>& candidates) {
  std::string out;
  for (const Candidate& candidate : candidates) {
    absl::StrAppend(&out, candidate.word, "\t", candidate.description, "\n");
  }
  return out;
}

}  // namespace greeter::admin_cli
