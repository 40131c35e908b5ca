// What became of the connections of a run.

#ifndef GREETER_LOAD_REPORT_H_
#define GREETER_LOAD_REPORT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "load/histogram.h"

namespace greeter::load {

// Every connection ends as exactly one of these.
enum class Outcome {
  // Exactly one of the expected greetings, then a clean end of stream.
  kGreeted,
  // A clean end of stream too early: what came is the beginning of an expected greeting.
  kShort,
  // Bytes that no expected greeting has there, or more than it has.
  kWrong,
  // Nobody listens there.
  kRefused,
  // Not over within Options.timeout; closed by us.
  kTimedOut,
  // ECONNRESET or EPIPE, at any time after the connection was made.
  kReset,
  // Any other error; Report.first_error says which came first.
  kOther,
};
inline constexpr size_t kOutcomes = 7;

// "greeted", "short", "wrong", "refused", "timed_out", "reset", "other".
absl::string_view OutcomeName(Outcome outcome);

// A value; one thread at a time.
struct Report {
  std::array<uint64_t, kOutcomes> outcomes = {};
  // Greeted, by the expected greeting that came; in the order of Options.expected.
  std::vector<uint64_t> greeted_by_expected;
  // Of those reset: how many had received a whole greeting and its end before.
  uint64_t reset_after_whole = 0;
  // Starts that came late because Options.in_flight connections were open (fixed rate only).
  uint64_t delayed_starts = 0;
  uint64_t bytes_received = 0;
  // From the start of the run to the end of its last connection.
  absl::Duration elapsed;
  // CPU time of the generating thread.
  absl::Duration cpu;
  // From the (intended) start of a connection until it is made; all that were made.
  Histogram connect;
  // … until the first byte; all that received one.
  Histogram first_byte;
  // … until the end of stream; those greeted.
  Histogram total;
  // The first error that is neither refusal nor reset, for a person; empty if there was none.
  std::string first_error;

  uint64_t count(Outcome outcome) const { return outcomes[static_cast<size_t>(outcome)]; }
  // All that have ended.
  uint64_t connections() const;
  // Greeted per second.
  double rate() const;

  // One JSON object, without a line feed: outcomes by name, "connections",
  // "connections_per_second", "elapsed_s", "cpu_s", and per histogram p50, p90, p99, p999, max and
  // mean in microseconds.
  std::string ToJson() const;
  // The same for people, several lines.
  std::string ToText() const;
};

}  // namespace greeter::load

#endif  // GREETER_LOAD_REPORT_H_
