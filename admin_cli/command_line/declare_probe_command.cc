// probe on the command line.

#include <CLI/CLI.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "admin_cli/command_line/declare.h"

namespace greeter::admin_cli {
namespace {

constexpr char kProbeHelp[] =
    "Connects to a data port as clients do, reads to the end and says how that went: greeted, "
    "refused, timed out, reset and so on. No greeterd's admin port is needed, and it may be any "
    "server "
    "that speaks first.\n"
    "ADDR is host:port, [v6]:port, :port (this machine) or unix:/path; of a name's addresses, each "
    "is tried until one answers, with an equal part of --timeout.\n"
    "Greeted means at least a byte and a clean end of stream. --timeout is for each connection.\n"
    "Exit code 0: every connection went as expected; 8: one did not, or there was none.\n"
    "With -o json or -o yaml: proto/greeter/probe/v1/probe.proto, ProbeReport.\n";

constexpr uint64_t kMostConnections = 1'000'000'000'000;
constexpr uint64_t kMostConcurrency = 100'000;
constexpr double kHighestRate = 1e6;
constexpr absl::Duration kLongestRun = absl::Hours(24 * 365);

// A whole number from 1 to `most`, or what is wrong with `text`.
CLI::Validator From1To(uint64_t most) {
  return {[most](std::string& text) {
            uint64_t number = 0;
            if (absl::SimpleAtoi(text, &number) && number >= 1 && number <= most) {
              return std::string();
            }
            return absl::StrCat("\"", text, "\" is not a whole number from 1 to ", most);
          },
          ""};
}

std::string CheckRate(const std::string& text) {
  double rate = 0;
  if (absl::SimpleAtod(text, &rate) && rate > 0 && rate <= kHighestRate) return "";
  return absl::StrCat("\"", text, "\" is not a number above 0, and up to 1000000");
}

}  // namespace

void DeclareProbeCommand(CLI::App& app, Command& chosen) {
  auto [probe, values] = Declare<ProbeCommand>(
      app, chosen,
      {"probe", "Connect to a greeter as its clients do, and tell how that went",
       "greeterctl probe 127.0.0.1:9190 --expect \"Hello world\"\n"
       "greeterctl probe 127.0.0.1:9190 --expect-regex '^Hello'\n"
       "greeterctl probe 127.0.0.1:9190 --count 1000 --concurrency 16 --histogram",
       kProbeHelp});
  probe->add_option("ADDR", values->address, "Where to connect")->type_name("")->required();
  probe->add_option("--expect", values->expect, "The whole greeting, exactly, its ending included")
      ->type_name("TEXT");
  probe
      ->add_option("--expect-regex", values->expect_regex,
                   "What the greeting has somewhere in it (RE2's syntax; ^ and $ anchor)")
      ->check(CLI::Validator(CheckNotEmpty, ""))
      ->type_name("PATTERN");
  probe->add_flag("--expect-refused", values->expect_refused,
                  "That nobody listens: the attempt to connect is answered with a refusal");
  probe->add_flag("--expect-timeout", values->expect_timeout,
                  "That nothing answers the attempt to connect, as if packets were dropped");
  probe->add_option("--count", values->count, "Make so many connections (default: 1)")
      ->check(From1To(kMostConnections))
      ->type_name("N");
  probe
      ->add_option_function<std::string>(
          "--duration",
          [duration = &values->duration](const std::string& text) {
            const std::string problem = ReadDuration(text, kLongestRun, *duration);
            if (!problem.empty()) throw CLI::ValidationError("--duration", problem);
          },
          "Make connections for so long; with --count, whichever is over first")
      ->type_name("DUR");
  probe
      ->add_option("--concurrency", values->concurrency,
                   "So many at the same time (default: 1; with --rate, at most 256)")
      ->check(From1To(kMostConcurrency))
      ->type_name("C");
  probe
      ->add_option("--rate", values->rate,
                   "Start so many a second (default: each as soon as another has ended)")
      ->check(CLI::Validator(CheckRate, ""))
      ->type_name("R");
  probe->add_flag("--histogram", values->histogram,
                  "Draw how the latencies are spread, as a terminal is shown of many anyway");
}

std::string Problem(const ProbeCommand& probe, Output output) {
  const int expectations = (probe.expect ? 1 : 0) + (probe.expect_regex ? 1 : 0) +
                           (probe.expect_refused ? 1 : 0) + (probe.expect_timeout ? 1 : 0);
  if (expectations > 1) {
    return "only one of --expect, --expect-regex, --expect-refused and --expect-timeout can be "
           "expected";
  }
  const bool many = probe.is_many();
  const auto needs_many = [](const char* option) {
    return absl::StrCat(option,
                        " is for many connections; say how many with --count or --duration");
  };
  if (!many && probe.concurrency) return needs_many("--concurrency");
  if (!many && probe.rate > 0) return needs_many("--rate");
  if (!many && probe.histogram) return needs_many("--histogram");
  if (probe.histogram && output != Output::kTable) {
    return "--histogram is for people; -o json and -o yaml have percentiles";
  }
  return "";
}

}  // namespace greeter::admin_cli
