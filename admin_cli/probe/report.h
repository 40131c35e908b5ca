// What became of the connections of a run.

#ifndef GREETER_PROBE_REPORT_H_
#define GREETER_PROBE_REPORT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "net/address.h"
#include "probe/histogram.h"

namespace greeter::probe {

// Every connection ends as exactly one of these.
enum class Outcome {
  // What is expected, then a clean end of stream.
  kGreeted,
  // A clean end of stream too early: nothing came, or the beginning of an expected greeting.
  kShort,
  // Other bytes than expected, or more, and a clean end of stream.
  kWrong,
  // Nobody listens there.
  kRefused,
  // Nothing answered the attempt to connect: dropped on the way, or a full queue. That of a unix
  // socket shows at once.
  kUnanswered,
  // Connected, but not over within Options.timeout; closed by us.
  kTimedOut,
  // ECONNRESET or EPIPE, at any time after the connection was made.
  kReset,
  // There is no way to that host or network.
  kUnreachable,
  // Any other error; Report.first_error says which came first.
  kOther,
};
inline constexpr size_t kOutcomes = 9;

// "greeted", "short", "wrong", "refused", "unanswered", "timed_out", "reset", "unreachable",
// "other".
absl::string_view OutcomeName(Outcome outcome);

// What `error`, an errno, makes of a connection that had been made or not.
Outcome OutcomeOf(int error, bool connected);

// How one connection went. Valid while it is being told of.
struct Ending {
  Outcome outcome = Outcome::kOther;
  // errno, where that says more.
  int error = 0;
  // The last that was tried, and what became of those before it, in words.
  const net::Address* address = nullptr;
  absl::string_view tried_before;
  // From the (intended) start; negative if it did not come to that.
  absl::Duration connect;
  absl::Duration first_byte;
  absl::Duration total;
  // How many came, and the first Options::kKeptBytes of them.
  uint64_t received = 0;
  absl::string_view bytes;
};

// A value; one thread at a time.
struct Report {
  std::array<uint64_t, kOutcomes> outcomes = {};
  // Greeted, by the expected text that came; in the order in which they were given.
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

  // For people, several lines.
  std::string ToText() const;
};

}  // namespace greeter::probe

#endif  // GREETER_PROBE_REPORT_H_
