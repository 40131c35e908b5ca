#include "admin_cli/views/probe_text.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "admin_cli/terminal/readable.h"
#include "admin_cli/views/render.h"

namespace greeter::admin_cli {
namespace {

using probe::Outcome;

// Of a greeting, as people are shown it.
constexpr size_t kShownBytes = 200;

std::string Milliseconds(absl::Duration duration) {
  const double milliseconds = absl::ToDoubleMilliseconds(duration);
  return absl::StrFormat("%.*f", milliseconds < 100 ? 2 : 0, milliseconds);
}

std::string Quoted(absl::string_view bytes) {
  const bool cut = bytes.size() > kShownBytes;
  return absl::StrCat("\"", Printable(bytes.substr(0, kShownBytes)), cut ? "…\"" : "\"");
}

std::string Said(const ProbedConnection& one) {
  return absl::StrCat(Quoted(one.bytes), " (", WithCommas(one.received),
                      one.received == 1 ? " byte)" : " bytes)");
}

// "db1:9190 (10.0.0.5:9190)".
std::string Whom(const ProbeResult& result) {
  const ProbedConnection& one = *result.shown;
  const std::string target = Printable(result.target);
  if (one.address == result.target) return target;
  return absl::StrCat(target, " (", Printable(one.address), ")");
}

// What became of it, in a sentence.
std::string Headline(const ProbeResult& result) {
  const ProbedConnection& one = *result.shown;
  const std::string whom = Whom(result);
  const std::string patience = absl::FormatDuration(result.timeout);
  switch (one.outcome) {
    case Outcome::kGreeted:
      return absl::StrCat("greeted by ", whom, ": ", Said(one));
    case Outcome::kShort:
      return one.received == 0 ? absl::StrCat("no greeting: ", whom, " closed without a word")
                               : absl::StrCat("cut short: ", whom, " said ", Said(one));
    case Outcome::kWrong:
      return absl::StrCat("wrong greeting: ", whom, " said ", Said(one));
    case Outcome::kRefused:
      return absl::StrCat("refused: nobody listens on ", whom);
    case Outcome::kUnanswered:
      if (absl::StartsWith(one.address, "unix:")) {
        return absl::StrCat("no answer: the queue of ", whom, " is full");
      }
      return absl::StrCat("timed out: nothing answered at ", whom, " within ", patience,
                          "; dropped on the way, or its queue is full");
    case Outcome::kTimedOut:
      return absl::StrCat("timed out: ", whom, " took the connection, but did not end it within ",
                          patience, one.received > 0 ? absl::StrCat("; it said ", Said(one)) : "");
    case Outcome::kReset:
      return absl::StrCat("reset by ", whom,
                          one.received > 0 ? absl::StrCat(" after ", Said(one)) : "");
    case Outcome::kUnreachable:
      return absl::StrCat("unreachable: ", whom, ": ", one.error);
    case Outcome::kOther:
      return absl::StrCat("failed: ", whom, ": ", one.error);
  }
  return "";
}

std::string TimesLine(const ProbedConnection& one) {
  if (one.connect < absl::ZeroDuration()) {
    return absl::StrCat("after ", Milliseconds(one.total), " ms\n");
  }
  std::string line = absl::StrCat("connect ", Milliseconds(one.connect), " ms");
  if (one.first_byte >= absl::ZeroDuration()) {
    absl::StrAppend(&line, ", first byte ", Milliseconds(one.first_byte), " ms");
  }
  return absl::StrCat(line, ", end ", Milliseconds(one.total), " ms\n");
}

// An ending is what people forget.
std::string Hint(const ProbeResult& result) {
  const ProbedConnection& one = *result.shown;
  if (one.outcome != Outcome::kWrong || !result.expected_text) return "";
  for (const auto& [ending, name] :
       {std::pair<absl::string_view, const char*>{"\r\n", "CR LF, written $'\\r\\n'"},
        {"\n", "a line feed, written $'\\n'"},
        {absl::string_view("\0", 1), "a NUL, which --expect-regex can match: '^TEXT\\x00$'"}}) {
    if (one.bytes == absl::StrCat(*result.expected_text, ending)) {
      return absl::StrCat(" and, behind it, ", name);
    }
  }
  return "";
}

std::string ExpectationLine(const ProbeResult& result) {
  if (result.as_expected()) {
    return result.expected == Outcome::kGreeted ? "" : "as expected\n";
  }
  const std::string hint = Hint(result);
  return absl::StrCat("expected ", result.expectation,
                      hint.empty() ? "" : absl::StrCat("; it is that", hint), "\n");
}

std::string RenderOne(const ProbeResult& result) {
  const ProbedConnection& one = *result.shown;
  std::string text = absl::StrCat(Headline(result), "\n", TimesLine(one));
  if (!one.tried_before.empty()) absl::StrAppend(&text, "tried before: ", one.tried_before, "\n");
  return absl::StrCat(text, ExpectationLine(result));
}

std::vector<Cell> TimesRow(const char* name, const probe::Histogram& histogram) {
  std::vector<Cell> row = {name};
  for (const double percent : {50.0, 90.0, 99.0, 99.9, 100.0}) {
    row.emplace_back(Milliseconds(histogram.Percentile(percent)));
  }
  return row;
}

std::string OutcomesTable(const ProbeResult& result) {
  std::vector<std::vector<Cell>> rows;
  for (size_t i = 0; i < probe::kOutcomes; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (result.report.count(outcome) == 0) continue;
    rows.push_back({std::string(OutcomeName(outcome)), WithCommas(result.report.count(outcome))});
  }
  return RenderTable({{"OUTCOME"}, {"CONNECTIONS", Align::kRight}}, rows);
}

std::string TimesTable(const probe::Report& report) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& [name, histogram] :
       {std::pair<const char*, const probe::Histogram*>{"connect", &report.connect},
        {"first byte", &report.first_byte},
        {"end", &report.total}}) {
    if (histogram->count() > 0) rows.push_back(TimesRow(name, *histogram));
  }
  if (rows.empty()) return "";
  std::vector<Column> columns = {{"MILLISECONDS"}};
  for (const char* title : {"P50", "P90", "P99", "P99.9", "MAX"}) {
    columns.push_back({title, Align::kRight});
  }
  return absl::StrCat("\n", RenderTable(columns, rows));
}

std::string AnswersTable(const ProbeResult& result) {
  if (result.answers.size() < 2) return "";
  std::vector<std::vector<Cell>> rows;
  for (const ProbeResult::Answer& answer : result.answers) {
    rows.push_back({WithCommas(answer.count), Quoted(answer.bytes)});
  }
  return absl::StrCat("\n", RenderTable({{"TIMES", Align::kRight}, {"SAID"}}, rows));
}

std::string RenderMany(const ProbeResult& result) {
  const probe::Report& report = result.report;
  const uint64_t all = report.connections();
  const double seconds = absl::ToDoubleSeconds(report.elapsed);
  std::string text = absl::StrCat(
      WithCommas(all), " connections to ", Printable(result.target),
      absl::StrFormat(
          " in %.2f s (%s a second)", seconds,
          WithCommas(static_cast<uint64_t>(seconds > 0 ? static_cast<double>(all) / seconds : 0))));
  if (all == 0) {
    absl::StrAppend(&text, "\n");
  } else if (result.as_expected()) {
    absl::StrAppend(&text, ": all as expected\n");
  } else {
    absl::StrAppend(&text, ": ", WithCommas(result.unexpected()), " not as expected\n");
  }
  if (all > 0) absl::StrAppend(&text, "\n", OutcomesTable(result));
  absl::StrAppend(&text, TimesTable(report), AnswersTable(result));
  if (result.shown && !result.as_expected()) {
    absl::StrAppend(&text, "\nfirst unexpected: ", Headline(result), "\n", ExpectationLine(result));
  }
  if (report.delayed_starts > 0) {
    absl::StrAppend(&text, "the rate was not kept: raise --concurrency\n");
  }
  return text;
}

}  // namespace

std::string RenderProbe(const ProbeResult& result) {
  if (!result.unresolved.empty()) {
    return absl::StrCat("no such name: ", Printable(result.unresolved), "\n", "expected ",
                        result.expectation, "\n");
  }
  std::string text;
  if (result.many) {
    text = RenderMany(result);
  } else if (result.shown) {
    text = RenderOne(result);
  }
  return absl::StrCat(text, result.interrupted ? "interrupted before its time\n" : "");
}

}  // namespace greeter::admin_cli
