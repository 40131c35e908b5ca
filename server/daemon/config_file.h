// What to serve at start, and the config file when it is read again.

#ifndef GREETER_DAEMON_CONFIG_FILE_H_
#define GREETER_DAEMON_CONFIG_FILE_H_

#include <spdlog/logger.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "control/api.h"
#include "control/controller.h"
#include "daemon/options.h"

namespace greeter::daemon {

struct InitialConfig {
  api::Config config;
  // SHA-256 of the config file's bytes, in hexadecimal; unset if there is no file.
  std::optional<std::string> file_hash;
  // The file's text, to name the lines of what the controller refuses.
  std::string text = {};
};

// The file's Config, or one listener as the options say. Errors as config::LoadConfig(). Any
// thread.
absl::StatusOr<InitialConfig> ReadInitialConfig(const Options& options);

// The controller's Start() with what ReadInitialConfig() has read, and with its errors; that of a
// refused Config names the file and the line. Logs which of --listen and --message are not what is
// served then, for they matter at first start only.
absl::Status StartController(control::Controller& controller, InitialConfig initial,
                             const Options& options, spdlog::logger& logger);

// Reads the config file again and, if its content is not what was applied last, submits it as a
// change. What becomes of it is logged; a file that is not accepted changes nothing. Does not wait:
// `done` is called once that is known, here or on the controller thread.
void ReloadConfigFile(const Options& options, control::Controller& controller,
                      const std::shared_ptr<spdlog::logger>& logger, std::function<void()> done);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_CONFIG_FILE_H_
