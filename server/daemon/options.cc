#include "daemon/options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/version.h"
#include "net/address.h"

namespace greeter::daemon {
namespace {

constexpr int kMaxWorkers = 1024;
constexpr size_t kMaxHistory = 1'000'000;

constexpr char kDescription[] =
    "greeterd answers every TCP connection with a message and closes it. Manage it with "
    "greeterctl.";

constexpr char kFooter[] =
    "ADDR is host:port, [v6]:port, :port (all interfaces, IPv4 and IPv6) or unix:/path; port 0 "
    "takes any "
    "free port.\nDUR is a duration such as 500ms, 10s or 1m30s.\nEvery option can be given in the "
    "environment "
    "as GREETER_NAME: --drain-timeout as GREETER_DRAIN_TIMEOUT.\n\n"
    "Examples:\n"
    "  greeterd 9190\n"
    "  greeterd --listen 127.0.0.1:7000 --message 'Down for maintenance until 14:00 UTC.'\n"
    "  greeterd --config /etc/greeter/greeter.yaml --log-format json";

std::string CheckAddress(const std::string& text) {
  const absl::StatusOr<net::Address> address = net::Address::Parse(text);
  return address.ok() ? "" : std::string(address.status().message());
}

std::string CheckPort(const std::string& text) {
  int port = 0;
  if (absl::SimpleAtoi(text, &port) && port >= 0 && port <= 65535) return "";
  return absl::StrCat("\"", text, "\" is no port; write a number from 0 to 65535");
}

// CLI11 calls a validator with the text; "" means fine.
auto Duration(absl::Duration* to) {
  return [to](const std::string& text) {
    absl::Duration duration;
    if (!absl::ParseDuration(text, &duration) || duration < absl::ZeroDuration() ||
        duration > absl::Hours(24)) {
      throw CLI::ValidationError(absl::StrCat(
          "\"", text, "\" is no duration from 0s to 24h; write it like 500ms, 10s or 1m30s"));
    }
    *to = duration;
  };
}

void AddLabel(const std::string& text, std::map<std::string, std::string>* labels) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw CLI::ValidationError(
        absl::StrCat("\"", text, "\" is no label; write NAME=VALUE, as in site=berlin"));
  }
  const std::string name = text.substr(0, equals);
  const bool word = name.find_first_not_of(
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789_") == std::string::npos;
  if (!word) {
    throw CLI::ValidationError(
        absl::StrCat("\"", name, "\" is no label's name: a-z, A-Z, 0-9 and _"));
  }
  if (!labels->emplace(name, text.substr(equals + 1)).second) {
    throw CLI::ValidationError(absl::StrCat("the label \"", name, "\" is given twice"));
  }
}

// CLI11 would split the command line's labels at commas too.
void AddLabelsFromEnvironment(std::map<std::string, std::string>* labels) {
  const char* const text = std::getenv("GREETER_LABEL");
  if (text == nullptr || !labels->empty()) return;
  for (const absl::string_view label : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    AddLabel(std::string(label), labels);
  }
}

void AddDataOptions(CLI::App& app, Options& options, std::string& port) {
  CLI::Option* const port_option =
      app.add_option("port", port, "Short for --listen :PORT")->type_name("PORT")->check(CheckPort);
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
  app.parse_complete_callback([&options, port_option, listen, message] {
    options.has_listen = port_option->count() + listen->count() > 0;
    options.has_message = message->count() > 0;
  });
  port_option->excludes(listen);
  app.add_option("--config", options.config,
                 "YAML or JSON file with all listeners, in place of these")
      ->type_name("FILE")
      ->envname("GREETER_CONFIG")
      ->excludes(port_option)
      ->excludes(listen)
      ->excludes(message);
  app.add_option_function<std::vector<std::string>>(
         "--label",
         [&options](const std::vector<std::string>& labels) {
           for (const std::string& label : labels) AddLabel(label, &options.labels);
         },
         "For templates: ${label.NAME} (repeatable; in GREETER_LABEL separated by commas)")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

void AddStateOptions(CLI::App& app, Options& options) {
  app.add_option(
         "--state-dir", options.state_dir,
         "Where changes are kept: a directory, or \"none\" to forget them at exit (default: "
         "$STATE_DIRECTORY, else $XDG_STATE_HOME/greeter, else ~/.local/state/greeter)")
      ->type_name("DIR")
      ->envname("GREETER_STATE_DIR");
  app.add_flag("--state-reset", options.state_reset,
               "Should the state be damaged, keep it under another name and begin anew")
      ->envname("GREETER_STATE_RESET");
  app.add_option("--history", options.history, "Revisions to keep, the newest")
      ->type_name("N")
      ->envname("GREETER_HISTORY")
      ->check(CLI::Range(size_t{1}, kMaxHistory))
      ->capture_default_str();
}

void AddServerOptions(CLI::App& app, Options& options) {
  app.add_option("--admin", options.admin,
                 "Address of the admin service: loopback or a unix socket")
      ->type_name("ADDR")
      ->envname("GREETER_ADMIN")
      ->check(CheckAddress)
      ->capture_default_str();
  app.add_option("--workers", options.workers,
                 "Threads that serve connections (default: the CPUs usable)")
      ->type_name("N")
      ->envname("GREETER_WORKERS")
      ->check(CLI::Range(1, kMaxWorkers));
  app.add_option_function<std::string>(
         "--steering",
         [&options](const std::string& steering) {
           options.steering = steering == "cpu" ? Steering::kCpu : Steering::kRandom;
         },
         "Spread connections over workers at random, or give each to a worker bound to the CPU "
         "that "
         "received it (at most one for each CPU): better where every CPU has a network queue")
      ->type_name("random|cpu")
      ->envname("GREETER_STEERING")
      ->check(CLI::IsMember({"random", "cpu"}))
      ->default_str("random");
  app.add_option_function<std::string>(
         "--shutdown-delay", Duration(&options.shutdown_delay),
         "Keep serving this long after SIGTERM, health already NOT_SERVING")
      ->type_name("DUR")
      ->envname("GREETER_SHUTDOWN_DELAY")
      ->default_str("0s");
  app.add_option_function<std::string>("--drain-timeout", Duration(&options.drain_timeout),
                                       "Then let open connections finish this long")
      ->type_name("DUR")
      ->envname("GREETER_DRAIN_TIMEOUT")
      ->default_str("10s");
  app.add_option_function<std::string>(
         "--log-format",
         [&options](const std::string& format) {
           options.log_format = format == "json" ? LogFormat::kJson : LogFormat::kText;
         },
         "How log records are written to stderr")
      ->type_name("text|json")
      ->envname("GREETER_LOG_FORMAT")
      ->check(CLI::IsMember({"text", "json"}))
      ->default_str("text");
  app.add_option("--log-level", options.log_level, "Least level to log")
      ->type_name("LEVEL")
      ->envname("GREETER_LOG_LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
      ->capture_default_str();
}

}  // namespace

std::variant<Options, Exit> ParseOptions(int argc, const char* const* argv) {
  Options options;
  std::string port;
  CLI::App app(kDescription, "greeterd");
  app.set_version_flag("--version", absl::StrCat("greeterd ", base::kVersion));
  app.footer(kFooter);
  app.get_formatter()->column_width(28);
  AddDataOptions(app, options, port);
  AddStateOptions(app, options);
  AddServerOptions(app, options);
  try {
    app.parse(argc, argv);
    AddLabelsFromEnvironment(&options.labels);
  } catch (const CLI::CallForHelp&) {
    return Exit{0, app.help()};
  } catch (const CLI::CallForVersion&) {
    return Exit{0, absl::StrCat("greeterd ", base::kVersion, "\n")};
  } catch (const CLI::ParseError& error) {
    return Exit{2, absl::StrCat("greeterd: ", error.what(), " (see greeterd --help)\n")};
  }
  if (!port.empty()) options.listen = absl::StrCat(":", port);
  return options;
}

}  // namespace greeter::daemon
