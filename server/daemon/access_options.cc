#include "daemon/access_options.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "command_line/not_empty.h"

namespace greeter::daemon {
namespace {

constexpr uint64_t kMaxSample = 1'000'000'000;

std::string CheckSample(const std::string& text) {
  uint64_t sample = 0;
  if (absl::SimpleAtoi(text, &sample) && sample >= 1 && sample <= kMaxSample) return "";
  return absl::StrCat("\"", text, "\" is no number from 1 to ", kMaxSample);
}

}  // namespace

void AddAccessLogOptions(CLI::App& app, Options& options) {
  CLI::Option* const file =
      app.add_option("--access-log", options.access_log,
                     "Write a line for every connection to this file, as text or JSON as "
                     "--log-format says; \"-\" is standard output")
          ->type_name("FILE")
          ->envname("GREETER_ACCESS_LOG")
          ->check(command_line::NotEmpty("give a file, or leave the option out"));
  app.add_option("--access-log-sample", options.access_log_sample,
                 "Write it for 1 of N connections only")
      ->type_name("N")
      ->envname("GREETER_ACCESS_LOG_SAMPLE")
      ->check(CheckSample)
      ->needs(file)
      ->capture_default_str();
}

}  // namespace greeter::daemon
