// greeter_load: load and verification from the command line. Exit: 0 if every connection was
// greeted, 8 if not (as greeterctl probe), 2 usage, 1 anything else.

#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "load/held_connections.h"
#include "load/report_json.h"
#include "net/descriptor_limit.h"
#include "probe/generator.h"

namespace greeter::load {
namespace {

struct CommandLine {
  std::vector<std::string> targets;
  std::vector<std::string> expect;
  std::vector<std::string> expect_hex;
  size_t expect_repeat = 0;
  bool any_greeting = false;
  double duration_s = 10;
  double timeout_s = 10;
  std::string speak_bytes = "0";
  std::string speak_when = "first";
  int hold = 0;
  bool json = false;
  probe::Options options;
};

void Declare(CLI::App& app, CommandLine& line) {
  app.add_option("TARGET", line.targets,
                 "host:port, [v6]:port, :port or unix:/path; several in turns")
      ->required();
  app.add_option("--in-flight", line.options.in_flight,
                 "connections open at the same time; 0 with --hold: hold and do nothing else")
      ->capture_default_str();
  app.add_option("--rate", line.options.rate, "starts per second; 0: closed loop")
      ->capture_default_str();
  app.add_option("--connections", line.options.connections, "start no more than this many");
  app.add_option("--duration", line.duration_s, "seconds")->capture_default_str();
  app.add_option("--timeout", line.timeout_s, "seconds per connection")->capture_default_str();
  app.add_option("--expect", line.expect, "a greeting's text; several: one of them (Hello world)");
  app.add_option("--expect-hex", line.expect_hex, "a greeting's bytes");
  app.add_option("--expect-repeat", line.expect_repeat, "a greeting of this many bytes \"x\"");
  app.add_flag("--any", line.any_greeting, "don't compare the greeting; at least a byte");
  app.add_option("--speak", line.speak_bytes, "bytes every client sends, or \"endless\"")
      ->capture_default_str();
  app.add_option("--speak-when", line.speak_when, "first, during or after the greeting")
      ->check(CLI::IsMember({"first", "during", "after"}))
      ->capture_default_str();
  app.add_flag("--half-close", line.options.half_close,
               "shut down our side and wait for its acknowledgement, to see late resets");
  app.add_option("--sources", line.options.source_addresses,
                 "connect from this many addresses, 127.0.0.1 and up")
      ->capture_default_str();
  app.add_option("--hold", line.hold, "hold this many stuck connections meanwhile");
  app.add_flag("--json", line.json, "report as one line of JSON");
}

// What CLI11 can't check. INVALID_ARGUMENT.
absl::Status Complete(CommandLine& line) {
  probe::Options& options = line.options;
  for (const std::string& text : line.targets) {
    absl::StatusOr<probe::Target> target = probe::ParseTarget(text);
    if (!target.ok()) return target.status();
    options.targets.push_back(*std::move(target));
  }
  if (!line.expect.empty() || !line.expect_hex.empty() || line.expect_repeat > 0) {
    std::vector<std::string> texts = line.expect;
    for (const std::string& hex : line.expect_hex) texts.push_back(absl::HexStringToBytes(hex));
    if (line.expect_repeat > 0) texts.emplace_back(line.expect_repeat, 'x');
    options.expected = probe::Expected::OneOf(std::move(texts));
  }
  if (line.any_greeting) options.expected = probe::Expected::Anything();
  options.duration = absl::Seconds(line.duration_s);
  options.timeout = absl::Seconds(line.timeout_s);
  if (line.speak_bytes == "endless") {
    options.speak_bytes = probe::Options::kEndless;
  } else if (!absl::SimpleAtoi(line.speak_bytes, &options.speak_bytes)) {
    return absl::InvalidArgumentError("--speak: \"" + line.speak_bytes +
                                      "\" is neither a number of bytes nor \"endless\"");
  }
  if (line.speak_when == "during") options.speak = probe::Speak::kDuring;
  if (line.speak_when == "after") options.speak = probe::Speak::kAfter;
  if (line.hold > 0 && options.in_flight == 0) return absl::OkStatus();
  return probe::Validate(options);
}

// Until SIGTERM, SIGINT or `duration`.
void WaitForSignal(absl::Duration duration) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  const timespec patience = absl::ToTimespec(duration);
  sigtimedwait(&set, nullptr, &patience);
}

int Fail(const absl::Status& status) {
  std::cerr << "greeter_load: " << status.message() << "\n";
  return absl::IsInvalidArgument(status) ? 2 : 1;
}

int Main(CommandLine& line) {
  if (absl::Status status = Complete(line); !status.ok()) return Fail(status);
  net::RaiseDescriptorLimit();
  // A fixed rate sleeps between starts; the kernel's default slack of 50 µs would show as latency.
  prctl(PR_SET_TIMERSLACK, 1000UL);
  std::unique_ptr<HeldConnections> held;
  if (line.hold > 0) {
    auto opened =
        HeldConnections::Open(line.options.targets, line.hold, line.options.source_addresses);
    if (!opened.ok()) return Fail(opened.status());
    held = *std::move(opened);
    if (line.options.in_flight == 0) {
      std::cout << "holding " << held->count() << std::endl;
      WaitForSignal(line.options.duration);
      return 0;
    }
  }
  auto generator = probe::Generator::Create(line.options);
  if (!generator.ok()) return Fail(generator.status());
  const probe::Report report = (*generator)->Run();
  std::cout << (line.json ? ToJson(report) + "\n" : report.ToText());
  return report.count(probe::Outcome::kGreeted) == report.connections() ? 0 : 8;
}

}  // namespace
}  // namespace greeter::load

int main(int argc, char** argv) {
  try {
    CLI::App app("Connects, reads and verifies greetings, and measures", "greeter_load");
    greeter::load::CommandLine line;
    greeter::load::Declare(app, line);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : 2;
    }
    return greeter::load::Main(line);
  } catch (const std::exception& error) {
    std::cerr << "greeter_load: " << error.what() << "\n";
    return 1;
  }
}
