#include "daemon/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "base/version.h"
#include "command_line/help_formatter.h"
#include "command_line/manual_page.h"
#include "command_line/not_empty.h"
#include "daemon/access_options.h"
#include "daemon/label_options.h"
#include "daemon/option_checks.h"
#include "daemon/option_errors.h"
#include "net/address.h"

namespace greeter::daemon {
namespace {

constexpr int kMaxWorkers = 1024;
constexpr size_t kMaxHistory = 1'000'000;
// Where descriptions begin in --help.
constexpr size_t kHelpColumn = 28;

constexpr char kDescription[] =
    "greeterd answers every TCP connection with a message and closes it. Manage it with "
    "greeterctl.";

constexpr char kFooter[] =
    "ADDR is host:port, [v6]:port, :port (all interfaces, IPv4 and IPv6) or unix:/path; port 0 "
    "takes any free port. DUR is a duration: 500ms, 10s or 1m30s.\n"
    "Every option can be given in the environment: --drain-timeout as GREETER_DRAIN_TIMEOUT; a "
    "variable that is empty counts as not given.\n"
    "SIGHUP reads the file of --config again, and opens that of --access-log anew. SIGTERM and "
    "SIGINT stop it in good order; a second one ends it at once.\n\n"
    "Examples:\n"
    "  greeterd 9190\n"
    "  greeterd --listen 127.0.0.1:7000 --message 'Down until 14:00 UTC.'\n"
    "  greeterd --config /etc/greeter/greeter.yaml --log-format json\n\n"
    "Exit status:\n"
    "  0  it was stopped in good order, by SIGTERM or SIGINT\n"
    "  1  it could not start or go on; the last line on stderr says why\n"
    "  2  the command line can't be understood";

std::string CheckHttpAddress(const std::string& text) {
  if (text == "none") return "";
  const absl::StatusOr<net::Address> address = net::Address::Parse(text);
  if (!address.ok()) return std::string(address.status().message());
  return address->is_unix() ? "a unix socket can't be asked over HTTP; write HOST:PORT" : "";
}

std::string CheckPort(const std::string& text) {
  int port = 0;
  if (absl::SimpleAtoi(text, &port) && port >= 0 && port <= 65535) return "";
  return absl::StrCat("\"", text, "\" is no port; write a number from 0 to 65535");
}

std::string CheckWorkers(const std::string& text) {
  int workers = 0;
  if (absl::SimpleAtoi(text, &workers) && workers >= 1 && workers <= kMaxWorkers) return "";
  return absl::StrCat("\"", text, "\" is no number from 1 to ", kMaxWorkers);
}

std::string CheckHistory(const std::string& text) {
  size_t revisions = 0;
  if (absl::SimpleAtoi(text, &revisions) && revisions >= 1 && revisions <= kMaxHistory) return "";
  return absl::StrCat("\"", text, "\" is no number from 1 to ", kMaxHistory);
}

auto OneOf(std::vector<std::string> words) {
  return [words = std::move(words)](const std::string& text) -> std::string {
    if (std::find(words.begin(), words.end(), text) != words.end()) return "";
    return absl::StrCat("\"", text, "\" is none of ", absl::StrJoin(words, ", "));
  };
}

auto Duration(const char* option, absl::Duration* to) {
  return [option, to](const std::string& text) {
    absl::Duration duration;
    if (!absl::ParseDuration(text, &duration) || duration < absl::ZeroDuration() ||
        duration > absl::Hours(24)) {
      throw CLI::ValidationError(
          option,
          absl::StrCat("\"", text,
                       "\" is no duration from 0s to 24h; write it like 500ms, 10s or 1m30s"));
    }
    *to = duration;
  };
}

void AddDataOptions(CLI::App& app, Options& options, std::string& port) {
  CLI::Option* const port_option =
      app.add_option("PORT", port, "Short for --listen :PORT")->type_name("")->check(CheckPort);
  CLI::Option* const listen = app.add_option("--listen", options.listen,
                                             "Address of the listener \"default\" at first start")
                                  ->type_name("ADDR")
                                  ->envname("GREETER_LISTEN")
                                  ->check(CheckAddress)
                                  ->capture_default_str();
  CLI::Option* const message =
      app.add_option("--message", options.message, "Its greeting at first start")
          ->type_name("TEXT")
          ->envname("GREETER_MESSAGE")
          ->capture_default_str();
  app.parse_complete_callback([&app, &options, port_option, listen, message] {
    options.has_listen = port_option->count() + listen->count() > 0;
    options.has_message = message->count() > 0;
    options.has_http = app.get_option("--http")->count() > 0;
  });
  port_option->excludes(listen);
  app.add_option("--config", options.config,
                 "YAML or JSON file with all listeners, in place of the above")
      ->type_name("FILE")
      ->envname("GREETER_CONFIG")
      ->check(command_line::NotEmpty("give a file, or leave the option out"))
      ->excludes(port_option)
      ->excludes(listen)
      ->excludes(message);
}

void AddStateOptions(CLI::App& app, Options& options) {
  app.add_option(
         "--state-dir", options.state_dir,
         "Where changes are kept: a directory, or \"none\" to forget them at exit (default: "
         "$STATE_DIRECTORY, else $XDG_STATE_HOME/greeter, else ~/.local/state/greeter)")
      ->type_name("DIR")
      ->envname("GREETER_STATE_DIR")
      ->check(command_line::NotEmpty("give a directory, or \"none\" to keep state in memory only"));
  app.add_flag("--state-reset", options.state_reset,
               "Should the state be damaged, keep it under another name and begin anew")
      ->envname("GREETER_STATE_RESET");
  app.add_option("--history", options.history,
                 "Revisions to keep, the newest; fewer if they take more than 64 MiB")
      ->type_name("N")
      ->envname("GREETER_HISTORY")
      ->check(CheckHistory)
      ->capture_default_str();
}

void AddServerOptions(CLI::App& app, Options& options) {
  app.add_option("--http", options.http,
                 "Address of metrics (/metrics), probes (/livez, /readyz) and the status page, for "
                 "all who reach it to read; \"none\" turns it off")
      ->type_name("ADDR")
      ->envname("GREETER_HTTP")
      ->check(CheckHttpAddress)
      ->capture_default_str();
  app.add_option("--workers", options.workers,
                 "Threads that serve connections (default: as many as it may use CPUs)")
      ->type_name("N")
      ->envname("GREETER_WORKERS")
      ->check(CheckWorkers);
  app.add_option_function<std::string>(
         "--steering",
         [&options](const std::string& steering) {
           options.steering = steering == "cpu" ? Steering::kCpu : Steering::kRandom;
         },
         "How connections find a worker: random, or cpu (each to a worker bound to the CPU that "
         "received it; better where every CPU has a network queue)")
      ->type_name("HOW")
      ->envname("GREETER_STEERING")
      ->check(OneOf({"random", "cpu"}))
      ->default_str("random");
  app.add_option_function<std::string>(
         "--shutdown-delay", Duration("--shutdown-delay", &options.shutdown_delay),
         "Keep serving this long after SIGTERM, health already NOT_SERVING")
      ->type_name("DUR")
      ->envname("GREETER_SHUTDOWN_DELAY")
      ->default_str("0s");
  app.add_option_function<std::string>("--drain-timeout",
                                       Duration("--drain-timeout", &options.drain_timeout),
                                       "Then let open connections finish this long")
      ->type_name("DUR")
      ->envname("GREETER_DRAIN_TIMEOUT")
      ->default_str("10s");
  app.add_option_function<std::string>(
         "--log-format",
         [&options](const std::string& format) {
           options.log_format = format == "json" ? LogFormat::kJson : LogFormat::kText;
         },
         "How to log to stderr: text or json")
      ->type_name("FORMAT")
      ->envname("GREETER_LOG_FORMAT")
      ->check(OneOf({"text", "json"}))
      ->default_str("text");
  app.add_option("--log-level", options.log_level,
                 "What to log: debug, info, warning, error or off")
      ->type_name("LEVEL")
      ->envname("GREETER_LOG_LEVEL")
      ->check(OneOf({"debug", "info", "warning", "error", "off"}))
      ->capture_default_str();
}

void Declare(CLI::App& app, Options& options, std::string& port) {
  app.set_version_flag("--version", absl::StrCat("greeterd ", base::kVersion),
                       "Print the version and exit");
  app.footer(kFooter);
  command_line::UseReadableHelp(app, kHelpColumn);
  app.set_help_flag("-h,--help", "Print this help and exit");
  AddDataOptions(app, options, port);
  AddLabelOption(app, options.labels);
  AddStateOptions(app, options);
  command_line::AddFleetOptions(
      app,
      "Belong to this fleet: all greeterds of one name, at one etcd, have the "
      "same listeners, and a change to one is a change to all",
      options.fleet);
  AddAdminOptions(app, options.admin);
  AddServerOptions(app, options);
  AddAccessLogOptions(app, options);
}

}  // namespace

std::string ManualPage(const std::string& date) {
  Options options;
  std::string port;
  CLI::App app(kDescription, "greeterd");
  Declare(app, options, port);
  return command_line::ManualPage(
      app, {8, "answers every TCP connection with a message", date, "greeterctl(1)"});
}

std::variant<Options, Exit> ParseOptions(int argc, const char* const* argv) {
  Options options;
  std::string port;
  CLI::App app(kDescription, "greeterd");
  Declare(app, options, port);
  try {
    app.parse(argc, argv);
    ReadLabelEnvironment(options.labels);
    ReadAdminEnvironment(options.admin);
  } catch (const CLI::ParseError& error) {
    if (command_line::AsksForHelp(app)) return Exit{0, app.help()};
    if (app.get_version_ptr()->count() > 0) {
      return Exit{0, absl::StrCat("greeterd ", base::kVersion, "\n")};
    }
    const std::string what = ExplainError(app, error, {argv + std::min(argc, 1), argv + argc});
    return Exit{2, absl::StrCat("greeterd: ", what, " (see greeterd --help)\n")};
  }
  if (!port.empty()) options.listen = absl::StrCat(":", port);
  absl::Status together = CheckAdminOptions(options.admin);
  if (together.ok()) together = command_line::CheckFleetOptions(options.fleet);
  if (!together.ok()) {
    return Exit{2, absl::StrCat("greeterd: ", together.message(), " (see greeterd --help)\n")};
  }
  return options;
}

std::string InWordsOfOptions(absl::string_view refusal) {
  return absl::StrReplaceAll(
      refusal, {{"listeners[0].greeting.text", "--message"}, {"listeners[0].address", "--listen"}});
}

}  // namespace greeter::daemon
