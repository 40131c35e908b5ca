// greeterd's command line and GREETER_… environment, validated. See greeterd --help.

#ifndef GREETER_DAEMON_OPTIONS_H_
#define GREETER_DAEMON_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "command_line/fleet_options.h"
#include "daemon/admin_options.h"

namespace greeter::daemon {

enum class Steering {
  kRandom,
  // By the CPU that received a connection's first packet; each worker is bound to a CPU.
  kCpu,
};

enum class LogFormat { kText, kJson };

// In place of a state directory: keep state in memory only.
inline constexpr char kNoStateDirectory[] = "none";

struct Options {
  // Address and greeting of the listener "default" at first start.
  std::string listen = ":9190";
  std::string message = "Hello world";
  // Whether they were given, rather than left at their defaults.
  bool has_listen = false;
  bool has_message = false;
  // File with a Config, in place of the two above; empty for none.
  std::string config;
  // Where state is kept: a directory, or kNoStateDirectory. Empty: see DefaultStateDirectory().
  std::string state_dir;
  // Set a damaged state file aside and begin anew.
  bool state_reset = false;
  // How many revisions to keep.
  size_t history = 1000;
  command_line::FleetOptions fleet;
  AdminOptions admin;
  // Address of metrics and status page, or "none".
  std::string http = "127.0.0.1:9464";
  // Whether it was given.
  bool has_http = false;
  // ${label.NAME} in templates, and labels of metrics.
  std::map<std::string, std::string> labels;
  // Threads of the data plane; 0 for as many as CPUs may be used.
  int workers = 0;
  // How connections are spread over the workers.
  Steering steering = Steering::kRandom;
  // After SIGTERM: how long to keep serving, and then how long to let connections finish.
  absl::Duration shutdown_delay = absl::ZeroDuration();
  absl::Duration drain_timeout = absl::Seconds(10);
  LogFormat log_format = LogFormat::kText;
  // A line for every connection goes to this file, "-" for standard output; empty for none.
  std::string access_log;
  // For 1 of so many.
  uint64_t access_log_sample = 1;
  // Least level to log, audit records aside: debug, info, warning, error or off.
  std::string log_level = "info";
};

// There is nothing to run: print `text` (to stderr if exit_code is not 0) and exit.
struct Exit {
  int exit_code = 0;
  std::string text;
};

// Exit codes: 0 after --help and --version, 2 for usage errors, whose text is one line that says
// which option, which value and what would be right.
std::variant<Options, Exit> ParseOptions(int argc, const char* const* argv);

// greeterd(8), in roff; `date` is the page's.
std::string ManualPage(const std::string& date);

// A refusal of the Config that --listen and --message make, which names fields, in their words.
std::string InWordsOfOptions(absl::string_view refusal);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_OPTIONS_H_
