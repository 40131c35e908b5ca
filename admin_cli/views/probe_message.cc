// A probe for programs.

#include "admin_cli/views/probe_text.h"
#include "admin_cli/views/render.h"
#include "base/utf8.h"
#include "google/protobuf/duration.pb.h"

namespace greeter::admin_cli {
namespace {

namespace wire = greeter::probe::v1;

// OUTCOME_UNSPECIFIED comes before those of probe::Outcome, which are in the same order.
wire::Outcome ToWire(size_t outcome) { return static_cast<wire::Outcome>(outcome + 1); }
static_assert(wire::OUTCOME_OTHER == static_cast<int>(probe::Outcome::kOther) + 1);

void Set(absl::Duration duration, google::protobuf::Duration* to) {
  to->set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  to->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
}

void Set(const probe::Histogram& histogram, wire::Times* to) {
  Set(histogram.Percentile(50), to->mutable_p50());
  Set(histogram.Percentile(90), to->mutable_p90());
  Set(histogram.Percentile(99), to->mutable_p99());
  Set(histogram.Percentile(99.9), to->mutable_p999());
  Set(histogram.max(), to->mutable_max());
}

void Add(wire::Outcome outcome, uint64_t count, wire::ProbeReport* to) {
  wire::OutcomeCount* const added = to->add_outcomes();
  added->set_outcome(outcome);
  added->set_count(count);
}

}  // namespace

wire::ProbeReport ToMessage(const ProbeResult& result) {
  const probe::Report& report = result.report;
  wire::ProbeReport message;
  message.set_target(Printable(result.target));
  message.set_expectation(result.expectation);
  message.set_as_expected(result.as_expected());
  message.set_connections(report.connections());
  message.set_unexpected(result.unexpected());
  for (size_t i = 0; i < probe::kOutcomes; ++i) {
    if (report.outcomes[i] > 0) Add(ToWire(i), report.outcomes[i], &message);
  }
  if (!result.unresolved.empty()) Add(wire::OUTCOME_UNRESOLVED, 1, &message);
  Set(report.elapsed, message.mutable_elapsed());
  message.set_interrupted(result.interrupted);
  for (const ProbeResult::Answer& answer : result.answers) {
    wire::Answer* const said = message.add_answers();
    if (base::FirstInvalidUtf8(answer.bytes)) {
      said->set_raw(answer.bytes);
    } else {
      said->set_text(answer.bytes);
    }
    said->set_count(answer.count);
  }
  message.set_error(result.unresolved);
  if (result.shown) {
    message.set_address(Printable(result.shown->address));
    message.set_tried_before(Printable(result.shown->tried_before));
    message.set_error(result.shown->error);
  }
  if (report.connect.count() > 0) Set(report.connect, message.mutable_connect());
  if (report.first_byte.count() > 0) Set(report.first_byte, message.mutable_first_byte());
  if (report.total.count() > 0) Set(report.total, message.mutable_end());
  return message;
}

}  // namespace greeter::admin_cli
