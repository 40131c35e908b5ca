#include "admin_cli/commands/probe_command.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "admin_cli/terminal/progress.h"
#include "admin_cli/terminal/readable.h"
#include "admin_cli/terminal/screen_size.h"
#include "admin_cli/views/documents.h"
#include "admin_cli/views/probe_text.h"
#include "admin_cli/views/render.h"
#include "net/descriptor_limit.h"
#include "net/errors.h"
#include "net/file_descriptor.h"
#include "probe/generator.h"

namespace greeter::admin_cli {
namespace {

constexpr int kConcurrencyOfRate = 256;
constexpr size_t kMostAnswers = 16;

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

absl::StatusOr<probe::Target> LookUp(const ProbeCommand& command, const probe::TargetName& name,
                                     Console& console) {
  const Progress progress(console.err, STDERR_FILENO, console.err_look,
                          [&](absl::Duration elapsed) {
                            return Waiting(absl::StrCat("the address of ", Printable(name.host)),
                                           elapsed, command.timeout);
                          });
  return probe::Resolve(name, command.timeout, [&console] {
    pollfd interrupt = {console.interrupt_fd, POLLIN, 0};
    return poll(&interrupt, 1, 0) > 0;
  });
}

// `finished`, `unexpected`: how many have ended, and how many of them not as expected.
HowFar Progressed(const ProbeCommand& command, absl::Duration elapsed, uint64_t finished,
                  uint64_t unexpected) {
  if (!command.is_many()) return Waiting(command.address, elapsed, command.timeout);
  double portion = 0;
  if (command.duration > absl::ZeroDuration()) {
    portion = absl::FDivDuration(elapsed, command.duration);
  }
  if (command.count) {
    portion =
        std::max(portion, static_cast<double>(finished) / static_cast<double>(*command.count));
  }
  return {portion, absl::StrCat(WithCommas(finished), " connections, ", WithCommas(unexpected),
                                " not as expected; Ctrl-C ends it")};
}

// Runs it to its end or the user's.
absl::Status RunToEnd(const ProbeCommand& command, const probe::Options& options, Notes& notes,
                      Console& console, ProbeResult* result) {
  auto generator = probe::Generator::Create(options);
  if (!generator.ok()) return generator.status();
  const net::FileDescriptor over(eventfd(0, EFD_CLOEXEC));
  if (!over.valid()) return net::SystemError("can't create an eventfd", errno);
  const Progress progress(
      console.err, STDERR_FILENO, console.err_look, [&](absl::Duration elapsed) {
        return Progressed(command, elapsed, (*generator)->finished(), notes.unexpected());
      });
  std::thread run([&] {
    result->report = (*generator)->Run();
    eventfd_write(over.get(), 1);
  });
  pollfd fds[] = {{over.get(), POLLIN, 0}, {console.interrupt_fd, POLLIN, 0}};
  while (poll(fds, 2, -1) < 0 && errno == EINTR) continue;
  result->interrupted = fds[0].revents == 0;
  if (result->interrupted) (*generator)->Cut();
  run.join();
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
  absl::StatusOr<probe::Target> target = LookUp(command, *name, console);
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
          RenderHistogram(report.total.count() > 0 ? report.total : report.connect,
                          SizeOf(STDOUT_FILENO).columns, console.out_look);
      if (!drawn.empty()) console.out << "\n" << drawn;
    }
  }
  return result.as_expected() ? kOk : kUnexpected;
}

}  // namespace greeter::admin_cli
