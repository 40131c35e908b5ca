#include "admin_cli/commands/probe_command.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "admin_cli/views/documents.h"
#include "admin_cli/views/probe_text.h"
#include "admin_cli/views/render.h"
#include "net/descriptor_limit.h"
#include "probe/generator.h"

namespace greeter::admin_cli {
namespace {

constexpr int kConcurrencyOfRate = 256;
constexpr size_t kMostAnswers = 16;
// What lasts longer is shown how far it is, so often.
constexpr absl::Duration kQuiet = absl::Seconds(1);
constexpr int kProgressMs = 100;
// Back to the line's beginning, then clear to its end.
constexpr char kClearLine[] = "\r\x1b[K";

absl::Status Expect(const ProbeCommand& command, probe::Options* options, ProbeResult* result) {
  options->expected = probe::Expected::Anything();
  result->expectation = "a greeting";
  if (command.expect) {
    options->expected = probe::Expected::OneOf({*command.expect});
    result->expectation = absl::StrCat("\"", Printable(*command.expect), "\"");
    result->expected_text = command.expect;
  } else if (command.expect_regex) {
    absl::StatusOr<probe::Expected> pattern = probe::Expected::Matching(*command.expect_regex);
    if (!pattern.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--expect-regex: ", pattern.status().message()));
    }
    options->expected = *std::move(pattern);
    result->expectation = absl::StrCat("a greeting with ", Printable(*command.expect_regex));
  } else if (command.expect_refused) {
    result->expected = probe::Outcome::kRefused;
    result->expectation = "a refusal";
  } else if (command.expect_timeout) {
    result->expected = probe::Outcome::kUnanswered;
    result->expectation = "no answer";
  }
  return absl::OkStatus();
}

// What is kept of a run beside its report, on the thread of the run.
class Notes {
 public:
  explicit Notes(ProbeResult* result) : result_(result) {}

  void Take(const probe::Ending& ending) {
    const bool good = ending.outcome == result_->expected;
    if (good ? !result_->shown : unexpected_ == 0) {
      result_->shown = {ending.outcome,
                        ending.error == 0 ? "" : std::string(std::strerror(ending.error)),
                        ending.address->ToString(),
                        std::string(ending.tried_before),
                        ending.connect,
                        ending.first_byte,
                        ending.total,
                        ending.received,
                        std::string(ending.bytes)};
    }
    if (!good) unexpected_.fetch_add(1, std::memory_order_relaxed);
    if (ending.received == 0 || overflow_) return;
    ++answers_[std::string(ending.bytes)];
    overflow_ = answers_.size() > kMostAnswers;
  }

  // Any thread.
  uint64_t unexpected() const { return unexpected_.load(std::memory_order_relaxed); }

  // Once the run is over.
  void Finish() {
    if (overflow_) return;
    for (auto& [bytes, count] : answers_) result_->answers.push_back({bytes, count});
    std::stable_sort(result_->answers.begin(), result_->answers.end(),
                     [](const auto& a, const auto& b) { return a.count > b.count; });
  }

 private:
  ProbeResult* const result_;
  std::map<std::string, uint64_t> answers_;
  bool overflow_ = false;
  std::atomic<uint64_t> unexpected_ = 0;
};

bool IsInterrupted(int fd, int patience_ms) {
  pollfd interrupt = {fd, POLLIN, 0};
  return poll(&interrupt, 1, patience_ms) > 0;
}

double Portion(const ProbeCommand& command, uint64_t finished, absl::Duration elapsed) {
  double portion = 0;
  if (command.duration > absl::ZeroDuration()) {
    portion = absl::FDivDuration(elapsed, command.duration);
  }
  if (command.count) {
    portion =
        std::max(portion, static_cast<double>(finished) / static_cast<double>(*command.count));
  }
  return portion;
}

// Runs it to its end or the user's, and shows how far it is to who looks at a terminal.
absl::Status RunToEnd(const ProbeCommand& command, const probe::Options& options, Notes& notes,
                      Console& console, ProbeResult* result) {
  auto generator = probe::Generator::Create(options);
  if (!generator.ok()) return generator.status();
  std::atomic<bool> over = false;
  std::thread run([&] {
    result->report = (*generator)->Run();
    over = true;
  });
  const absl::Time begin = absl::Now();
  bool drawn = false;
  while (!over) {
    if (IsInterrupted(console.interrupt_fd, absl::Now() - begin < kQuiet ? 1 : kProgressMs)) {
      result->interrupted = !over;
      (*generator)->Cut();
      break;
    }
    const absl::Duration elapsed = absl::Now() - begin;
    if (!console.err_look.is_terminal || elapsed < kQuiet || !command.is_many()) continue;
    drawn = true;
    const uint64_t finished = (*generator)->finished();
    console.err << kClearLine
                << RenderProgress(Portion(command, finished, elapsed), finished, notes.unexpected())
                << std::flush;
  }
  run.join();
  if (drawn) console.err << kClearLine << std::flush;
  notes.Finish();
  return absl::OkStatus();
}

probe::Options ToOptions(const ProbeCommand& command) {
  probe::Options options;
  options.timeout = command.timeout;
  options.rate = command.rate;
  const bool bounded = command.duration > absl::ZeroDuration();
  options.duration = bounded ? command.duration : absl::InfiniteDuration();
  options.connections = command.count.value_or(bounded ? probe::Options::kEndless : 1);
  const uint64_t concurrency =
      command.concurrency.value_or(command.rate > 0 ? kConcurrencyOfRate : 1);
  options.in_flight = static_cast<int>(std::min<uint64_t>(concurrency, options.connections));
  return options;
}

}  // namespace

absl::StatusOr<ExitCode> Probe(const ProbeCommand& command, Output output, Console& console) {
  const absl::StatusOr<probe::TargetName> name = probe::ParseTargetName(command.address);
  if (!name.ok()) return name.status();
  probe::Options options = ToOptions(command);
  ProbeResult result;
  result.target = command.address;
  result.timeout = command.timeout;
  result.many = command.is_many();
  if (absl::Status wrong = Expect(command, &options, &result); !wrong.ok()) return wrong;
  net::RaiseDescriptorLimit();
  Notes notes(&result);
  options.on_end = [&notes](const probe::Ending& ending) { notes.Take(ending); };
  absl::StatusOr<probe::Target> target = probe::Resolve(
      *name, command.timeout, [&console] { return IsInterrupted(console.interrupt_fd, 0); });
  if (target.ok()) {
    options.targets = {*std::move(target)};
    absl::Status status = RunToEnd(command, options, notes, console, &result);
    if (!status.ok()) return absl::UnknownError(status.message());
  } else if (absl::IsCancelled(target.status())) {
    result.interrupted = true;
  } else {
    result.unresolved = std::string(target.status().message());
  }
  if (output != Output::kTable) {
    console.out << RenderMessage(output, ToMessage(result));
  } else {
    console.out << RenderProbe(result);
    if (command.histogram || (result.many && console.out_look.is_terminal)) {
      const probe::Report& report = result.report;
      const std::string drawn =
          RenderHistogram(report.total.count() > 0 ? report.total : report.connect);
      if (!drawn.empty()) console.out << "\n" << drawn;
    }
  }
  return result.as_expected() ? kOk : kUnexpected;
}

}  // namespace greeter::admin_cli
