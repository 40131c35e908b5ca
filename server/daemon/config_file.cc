#include "daemon/config_file.h"

#include <openssl/evp.h>

#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "config/config_text.h"
#include "config/field_line.h"
#include "control/change.h"

namespace greeter::daemon {
namespace {

absl::StatusOr<std::string> HashOf(absl::string_view content) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned int size = 0;
  if (EVP_Digest(content.data(), content.size(), digest.data(), &size, EVP_sha256(), nullptr) !=
      1) {
    return absl::InternalError("libcrypto has no SHA-256");
  }
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

absl::StatusOr<InitialConfig> ReadConfigFile(const std::string& path) {
  const absl::StatusOr<std::string> text = config::ReadConfigFile(path);
  if (!text.ok()) return text.status();
  absl::StatusOr<api::Config> config = config::ParseConfig(*text, path);
  if (!config.ok()) return config.status();
  absl::StatusOr<std::string> hash = HashOf(*text);
  if (!hash.ok()) return hash.status();
  return InitialConfig{*std::move(config), *std::move(hash), *text};
}

// Why the controller has refused the Config in the file `path`, whose content is `text`.
std::string Explain(const absl::Status& refused, const std::string& path, absl::string_view text) {
  // A refused value's message begins with its field.
  const absl::string_view message = refused.message();
  const int line = absl::IsInvalidArgument(refused)
                       ? config::LineOfField(text, message.substr(0, message.find(':')))
                       : 0;
  return absl::StrCat(path, ":", line > 0 ? absl::StrCat(line, ":") : "", " ", message);
}

void LogOptionsWithoutEffect(const Options& options, const control::Snapshot& snapshot,
                             spdlog::logger& logger) {
  if (snapshot.revision.number() == 0) return;
  const api::Listener* served = nullptr;
  for (const api::Listener& listener : snapshot.config.listeners()) {
    if (listener.name() == control::kDefaultListener) served = &listener;
  }
  const auto log = [&](const char* option, const char* command) {
    logger.warn(
        "{} has no effect: it is for the first start, and revision {} {} is served; change that "
        "with "
        "{}",
        option, snapshot.revision.number(),
        options.fleet.given() ? "of the fleet" : "in the state directory", command);
  };
  if (options.has_listen && (served == nullptr || served->address() != options.listen)) {
    log("the address of --listen or PORT", "greeterctl config apply");
  }
  if (options.has_message && (served == nullptr || !served->greeting().has_text() ||
                              served->greeting().text() != options.message)) {
    log("--message", "greeterctl message set");
  }
}

}  // namespace

absl::StatusOr<InitialConfig> ReadInitialConfig(const Options& options) {
  if (!options.config.empty()) return ReadConfigFile(options.config);
  InitialConfig initial;
  api::Listener* const listener = initial.config.add_listeners();
  listener->set_name(control::kDefaultListener);
  listener->set_address(options.listen);
  listener->mutable_greeting()->set_text(options.message);
  return initial;
}

absl::Status StartController(control::Controller& controller, InitialConfig initial,
                             const Options& options, spdlog::logger& logger) {
  absl::Status started = controller.Start(std::move(initial.config), std::move(initial.file_hash));
  if (started.ok()) {
    LogOptionsWithoutEffect(options, *controller.snapshot(), logger);
  } else if (absl::IsInvalidArgument(started)) {
    return absl::InvalidArgumentError(options.config.empty()
                                          ? InWordsOfOptions(started.message())
                                          : Explain(started, options.config, initial.text));
  }
  return started;
}

void ReloadConfigFile(const Options& options, control::Controller& controller,
                      const std::shared_ptr<spdlog::logger>& logger, std::function<void()> done) {
  absl::Cleanup known = std::move(done);
  if (options.config.empty()) {
    logger->info("SIGHUP: there is no config file to read again");
    return;
  }
  // Opening a pipe would wait for its other end, and keep SIGTERM waiting.
  std::error_code ignored;
  const auto file = std::filesystem::status(options.config, ignored);
  if (std::filesystem::exists(file) && !std::filesystem::is_regular_file(file)) {
    logger->error("SIGHUP: nothing changed: {} is no regular file", options.config);
    return;
  }
  absl::StatusOr<InitialConfig> read = ReadConfigFile(options.config);
  if (!read.ok()) {
    logger->error("SIGHUP: nothing changed: {}", std::string(read.status().message()));
    return;
  }
  const std::shared_ptr<const control::Snapshot> current = controller.snapshot();
  if (current->file.has_value() && current->file->hash == *read->file_hash) {
    logger->info("SIGHUP: {} is as revision {} applied it: nothing changed", options.config,
                 current->file->revision);
    return;
  }
  api::ApplyConfigRequest request;
  *request.mutable_config() = std::move(read->config);
  control::Change change = control::ApplyConfig(request);
  change.author = "greeterd";
  change.peer = "SIGHUP";
  change.action = absl::StrCat("reload of ", options.config);
  change.file_hash = std::move(read->file_hash);
  controller.Submit(
      std::move(change),
      [logger, path = options.config, text = std::move(read->text),
       known = std::move(known)](absl::StatusOr<control::Controller::ChangeResult> result) {
        if (result.ok()) {
          logger->info("SIGHUP: {} is in effect as revision {}", path, result->revision.number());
        } else {
          logger->error("SIGHUP: failed: {}", Explain(result.status(), path, text));
        }
      });
}

}  // namespace greeter::daemon
