#include "load/report.h"

#include <cinttypes>
#include <numeric>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace greeter::load {
namespace {

constexpr std::array<const char*, kOutcomes> kNames = {"greeted",   "short", "wrong", "refused",
                                                       "timed_out", "reset", "other"};

double Microseconds(absl::Duration duration) { return absl::ToDoubleMicroseconds(duration); }

std::string HistogramJson(const Histogram& histogram) {
  return absl::StrFormat(
      R"({"count":%d,"p50":%.1f,"p90":%.1f,"p99":%.1f,"p999":%.1f,"max":%.1f,"mean":%.1f})",
      histogram.count(), Microseconds(histogram.Percentile(50)),
      Microseconds(histogram.Percentile(90)), Microseconds(histogram.Percentile(99)),
      Microseconds(histogram.Percentile(99.9)), Microseconds(histogram.max()),
      Microseconds(histogram.mean()));
}

std::string HistogramText(absl::string_view name, const Histogram& histogram) {
  return absl::StrFormat(
      "%-12s%9.0f%9.0f%9.0f%9.0f%9.0f\n", name, Microseconds(histogram.Percentile(50)),
      Microseconds(histogram.Percentile(90)), Microseconds(histogram.Percentile(99)),
      Microseconds(histogram.Percentile(99.9)), Microseconds(histogram.max()));
}

// Errors are ours and strerror's: quotes and backslashes are all that JSON minds in them.
std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

}  // namespace

absl::string_view OutcomeName(Outcome outcome) { return kNames[static_cast<size_t>(outcome)]; }

uint64_t Report::connections() const {
  return std::accumulate(outcomes.begin(), outcomes.end(), uint64_t{0});
}

double Report::rate() const {
  const double seconds = absl::ToDoubleSeconds(elapsed);
  return seconds > 0 ? static_cast<double>(count(Outcome::kGreeted)) / seconds : 0;
}

std::string Report::ToJson() const {
  std::string json = "{";
  for (size_t i = 0; i < kOutcomes; ++i) {
    absl::StrAppendFormat(&json, R"("%s":%d,)", kNames[i], outcomes[i]);
  }
  absl::StrAppendFormat(&json,
                        R"("greeted_by_expected":[%s],"reset_after_whole":%d,"delayed_starts":%d,)"
                        R"("bytes_received":%d,"connections":%d,"connections_per_second":%.1f,)"
                        R"("elapsed_s":%.6f,"cpu_s":%.6f,)",
                        absl::StrJoin(greeted_by_expected, ","), reset_after_whole, delayed_starts,
                        bytes_received, connections(), rate(), absl::ToDoubleSeconds(elapsed),
                        absl::ToDoubleSeconds(cpu));
  absl::StrAppend(&json, R"("latency_us":{"connect":)", HistogramJson(connect), R"(,"first_byte":)",
                  HistogramJson(first_byte), R"(,"total":)", HistogramJson(total),
                  R"(},"first_error":)", Quoted(first_error), "}");
  return json;
}

std::string Report::ToText() const {
  std::string text = absl::StrFormat(
      "%d connections in %.3f s, %.0f greeted per second, %.2f s CPU here\n", connections(),
      absl::ToDoubleSeconds(elapsed), rate(), absl::ToDoubleSeconds(cpu));
  for (size_t i = 0; i < kOutcomes; ++i) {
    if (i == 0 || outcomes[i] != 0)
      absl::StrAppendFormat(&text, "%-10s%d\n", kNames[i], outcomes[i]);
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

}  // namespace greeter::load
