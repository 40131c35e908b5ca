#include "load/report_json.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace greeter::load {
namespace {

std::string HistogramJson(const probe::Histogram& histogram) {
  return absl::StrFormat(
      R"({"count":%d,"p50":%.1f,"p90":%.1f,"p99":%.1f,"p999":%.1f,"max":%.1f,"mean":%.1f})",
      histogram.count(), absl::ToDoubleMicroseconds(histogram.Percentile(50)),
      absl::ToDoubleMicroseconds(histogram.Percentile(90)),
      absl::ToDoubleMicroseconds(histogram.Percentile(99)),
      absl::ToDoubleMicroseconds(histogram.Percentile(99.9)),
      absl::ToDoubleMicroseconds(histogram.max()), absl::ToDoubleMicroseconds(histogram.mean()));
}

// Errors are ours and strerror's: quotes and backslashes are all that JSON minds in them.
std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

}  // namespace

std::string ToJson(const probe::Report& report) {
  std::string json = "{";
  for (size_t i = 0; i < probe::kOutcomes; ++i) {
    absl::StrAppendFormat(&json, R"("%s":%d,)", probe::OutcomeName(static_cast<probe::Outcome>(i)),
                          report.outcomes[i]);
  }
  absl::StrAppendFormat(&json,
                        R"("greeted_by_expected":[%s],"reset_after_whole":%d,"delayed_starts":%d,)"
                        R"("bytes_received":%d,"connections":%d,"connections_per_second":%.1f,)"
                        R"("elapsed_s":%.6f,"cpu_s":%.6f,)",
                        absl::StrJoin(report.greeted_by_expected, ","), report.reset_after_whole,
                        report.delayed_starts, report.bytes_received, report.connections(),
                        report.rate(), absl::ToDoubleSeconds(report.elapsed),
                        absl::ToDoubleSeconds(report.cpu));
  absl::StrAppend(&json, R"("latency_us":{"connect":)", HistogramJson(report.connect),
                  R"(,"first_byte":)", HistogramJson(report.first_byte), R"(,"total":)",
                  HistogramJson(report.total), R"(},"first_error":)", Quoted(report.first_error),
                  "}");
  return json;
}

}  // namespace greeter::load
