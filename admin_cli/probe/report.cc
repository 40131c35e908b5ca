#include "probe/report.h"

#include <cerrno>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace greeter::probe {
namespace {

constexpr std::array<const char*, kOutcomes> kNames = {"greeted", "short",       "wrong",
                                                       "refused", "unanswered",  "timed_out",
                                                       "reset",   "unreachable", "other"};

double Microseconds(absl::Duration duration) { return absl::ToDoubleMicroseconds(duration); }

std::string HistogramText(absl::string_view name, const Histogram& histogram) {
  return absl::StrFormat(
      "%-12s%9.0f%9.0f%9.0f%9.0f%9.0f\n", name, Microseconds(histogram.Percentile(50)),
      Microseconds(histogram.Percentile(90)), Microseconds(histogram.Percentile(99)),
      Microseconds(histogram.Percentile(99.9)), Microseconds(histogram.max()));
}

}  // namespace

absl::string_view OutcomeName(Outcome outcome) { return kNames[static_cast<size_t>(outcome)]; }

Outcome OutcomeOf(int error, bool connected) {
  switch (error) {
    case ECONNREFUSED:
    // The file of a unix socket is gone.
    case ENOENT:
      return connected ? Outcome::kOther : Outcome::kRefused;
    case ECONNRESET:
    case EPIPE:
      return Outcome::kReset;
    // A unix socket's queue is full.
    case EAGAIN:
    case ETIMEDOUT:
      return connected ? Outcome::kTimedOut : Outcome::kUnanswered;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
      return Outcome::kUnreachable;
    default:
      return Outcome::kOther;
  }
}

uint64_t Report::connections() const {
  return std::accumulate(outcomes.begin(), outcomes.end(), uint64_t{0});
}

double Report::rate() const {
  const double seconds = absl::ToDoubleSeconds(elapsed);
  return seconds > 0 ? static_cast<double>(count(Outcome::kGreeted)) / seconds : 0;
}

std::string Report::ToText() const {
  std::string text = absl::StrFormat(
      "%d connections in %.3f s, %.0f greeted per second, %.2f s CPU here\n", connections(),
      absl::ToDoubleSeconds(elapsed), rate(), absl::ToDoubleSeconds(cpu));
  for (size_t i = 0; i < kOutcomes; ++i) {
    if (i == 0 || outcomes[i] != 0)
      absl::StrAppendFormat(&text, "%-12s%d\n", kNames[i], outcomes[i]);
  }
  if (reset_after_whole != 0) {
    absl::StrAppendFormat(&text, "%d of those reset had the whole greeting\n", reset_after_whole);
  }
  if (delayed_starts != 0) {
    absl::StrAppendFormat(&text, "%d started late: too many in flight\n", delayed_starts);
  }
  absl::StrAppendFormat(&text, "%-12s%9s%9s%9s%9s%9s\n", "µs", "p50", "p90", "p99", "p99.9", "max");
  absl::StrAppend(&text, HistogramText("connect", connect), HistogramText("first byte", first_byte),
                  HistogramText("end", total));
  if (!first_error.empty()) absl::StrAppend(&text, "first error: ", first_error, "\n");
  return text;
}

}  // namespace greeter::probe
